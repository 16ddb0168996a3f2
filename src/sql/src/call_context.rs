//! What an administrative statement may know of the session that runs it.

use std::sync::Arc;

use domain::{Actor, Services};

use crate::notices::Notices;
use crate::plan_context::PlanContext;

/// The session as a procedure, or a statement about roles and servers, sees it.
pub(crate) struct CallContext {
    pub(crate) services: Arc<Services>,
    /// Who acts.
    pub(crate) actor: Actor,
    pub(crate) notices: Notices,
    /// In which a time that names no zone is meant: a name or an offset such as `+03:00`.
    pub(crate) time_zone: String,
}

impl CallContext {
    pub(crate) fn new(ctx: &PlanContext) -> Self {
        Self {
            services: Arc::clone(ctx.services()),
            actor: ctx.actor(),
            notices: ctx.notices.clone(),
            time_zone: ctx.settings.current().time_zone(),
        }
    }
}

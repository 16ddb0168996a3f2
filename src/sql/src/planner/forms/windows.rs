//! A window that another one begins with: `WINDOW w AS (PARTITION BY a), x AS (w ORDER BY b)`, which DataFusion forgets.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, Ident, NamedWindowDefinition, NamedWindowExpr, Query, Select, VisitMut, VisitorMut, WindowSpec, WindowType,
};

use crate::parse::fold;

/// Writes out what the windows of a query begin with.
pub(super) fn rewrite(select: &mut Select) {
    for index in 0..select.named_window.len() {
        let (before, rest) = select.named_window.split_at_mut(index);
        if let Some(NamedWindowDefinition(_, NamedWindowExpr::WindowSpec(spec))) = rest.first_mut() {
            extend(spec, before);
        }
    }
    let windows = &select.named_window;
    if windows.is_empty() {
        return;
    }
    // The visitor never breaks.
    let _ = select.projection.visit(&mut Calls { windows, depth: 0 });
}

/// Calls with a window that begins with a named one. Queries within have windows of their own.
struct Calls<'a> {
    windows: &'a [NamedWindowDefinition],
    depth: usize,
}

impl VisitorMut for Calls<'_> {
    type Break = std::convert::Infallible;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<Self::Break> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Self::Break> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if self.depth == 0
            && let Expr::Function(Function { over: Some(WindowType::WindowSpec(spec)), .. }) = expr
        {
            extend(spec, self.windows);
        }
        ControlFlow::Continue(())
    }
}

/// The window that a name means is taken over, as far as the new one does not say otherwise.
fn extend(spec: &mut WindowSpec, known: &[NamedWindowDefinition]) {
    let Some(base) = spec.window_name.as_ref().and_then(|name| find(known, name)) else { return };
    if spec.partition_by.is_empty() {
        spec.partition_by.clone_from(&base.partition_by);
    }
    if spec.order_by.is_empty() {
        spec.order_by.clone_from(&base.order_by);
    }
    spec.window_name = None;
}

fn find<'a>(known: &'a [NamedWindowDefinition], name: &Ident) -> Option<&'a WindowSpec> {
    known.iter().find_map(|NamedWindowDefinition(other, window)| match window {
        NamedWindowExpr::WindowSpec(spec) if fold(other) == fold(name) => Some(spec),
        _ => None,
    })
}

//! Functions by their name and the types of their arguments: `FuncnameGetCandidates` and `func_get_detail` of PostgreSQL.

mod row;

use std::sync::Arc;

use spi::{Code, Error, Result};

use super::candidate::{Candidate, Chosen, choose};
use super::{Coercion, Names, Pathway, TypeName, format_type, polymorphic};
use crate::catalog::oid as catalog_oid;
use crate::types::oid;
use crate::value::{Field, Value};

pub(crate) use row::FunctionRow;

/// What is called.
pub struct FunctionCall<'c> {
    /// The name behind its qualifiers.
    pub name: &'c [String],
    /// The types of the arguments as they are given.
    pub arguments: &'c [u32],
    /// The names of the last arguments, where they are given by name.
    pub argument_names: &'c [String],
    /// Whether the last argument is an array of arguments, `VARIADIC array`.
    pub is_variadic: bool,
}

/// `pg_proc.prokind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    Function,
    Aggregate,
    Window,
    Procedure,
}

/// What a call means.
pub enum Found {
    Function(Box<ResolvedFunction>),
    /// A cast to the type that has the function's name.
    Cast(u32),
    None,
    Several,
}

/// What `pg_proc` says about a function, whatever it is called with.
#[derive(Clone, Debug)]
pub struct FunctionInfo {
    pub oid: u32,
    pub name: Arc<str>,
    pub kind: FunctionKind,
    /// `prolang`.
    pub language: u32,
    /// `prosrc`.
    pub source: Arc<str>,
    pub is_strict: bool,
    pub returns_set: bool,
    /// `provolatile`.
    pub volatility: u8,
    /// Of the parameters that are given in a call; empty where they have none.
    pub parameter_names: Vec<String>,
}

/// A function for the arguments of one call.
#[derive(Clone, Debug)]
pub struct ResolvedFunction {
    pub info: FunctionInfo,
    /// Where each argument comes from, in the order in which the function takes them.
    pub order: Vec<ArgumentSource>,
    /// What each argument must become, polymorphic types resolved; where the last are elements of the variadic array, the elements'.
    pub declared: Vec<u32>,
    /// The first of the arguments that become one array, and the type of that array.
    pub collected: Option<(usize, u32)>,
    /// Whether the function takes `VARIADIC "any"`.
    pub takes_any_number: bool,
    /// How many arguments of an ordered-set aggregate stand in front of WITHIN GROUP; `None` for all else.
    pub direct_arguments: Option<usize>,
    pub result: u32,
    /// The columns of a function with OUT parameters or `RETURNS TABLE`, where there are several.
    pub outputs: Vec<Field>,
}

/// Where an argument comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentSource {
    /// The argument at a place of the call.
    Given(usize),
    /// The default of a parameter, counted from 1.
    Default(usize),
}

/// A function that could be meant.
struct FunctionCandidate {
    row: Arc<FunctionRow>,
    /// The place of its schema in the search path.
    path: usize,
    /// In the order of the call, and behind that those of parameters with defaults.
    arguments: Vec<u32>,
    /// The parameter of each of `arguments`, from 0; several are of the last parameter where it is variadic.
    parameters: Vec<usize>,
    /// How many of `arguments` are elements of the variadic array.
    elements: usize,
    defaults: usize,
    /// There is another that takes the same.
    is_ambiguous: bool,
}

impl Candidate for FunctionCandidate {
    fn arguments(&self) -> &[u32] {
        &self.arguments
    }
}

impl Names<'_> {
    /// What a call means.
    pub fn function(self, call: &FunctionCall<'_>) -> Result<Found> {
        let candidates = self.function_candidates(call)?;
        let count = call.arguments.len();
        if let Some(place) = candidates.iter().position(|candidate| candidate.arguments[..count] == *call.arguments) {
            return self.found(call, candidates.into_iter().nth(place));
        }
        if let ([argument], []) = (call.arguments, call.argument_names)
            && let Some(target) = self.cast_by_name(call.name, *argument)?
        {
            return Ok(Found::Cast(target));
        }
        match choose(self, candidates, call.arguments) {
            Chosen::One(candidate) => self.found(call, Some(candidate)),
            Chosen::None => Ok(Found::None),
            Chosen::Several => Ok(Found::Several),
        }
    }

    /// A function by its OID.
    pub fn function_by_oid(self, oid: u32) -> Option<FunctionInfo> {
        Some(FunctionRow::read(&self.catalog.by_oid(catalog_oid::PG_PROC, oid)?)?.info)
    }

    /// Whether a name is that of an aggregate, whatever it takes.
    pub(crate) fn is_aggregate(self, name: &[String]) -> bool {
        let Some(name) = name.last() else { return false };
        self.catalog.functions_named(name).iter().any(|row| row.info.kind == FunctionKind::Aggregate)
    }

    /// The error for a call that means nothing, or too much.
    pub(crate) fn no_function(self, call: &FunctionCall<'_>, found: &Found, is_ordered_aggregate: bool) -> Error {
        let signature = self.function_signature(call);
        if matches!(found, Found::Several) {
            return Error::new(Code::AmbiguousFunction, format!("function {signature} is not unique"))
                .hint("Could not choose a best candidate function. You might need to add explicit type casts.");
        }
        Error::new(Code::UndefinedFunction, format!("function {signature} does not exist")).hint(if is_ordered_aggregate {
            "No aggregate function matches the given name and argument types. Perhaps you misplaced ORDER BY; \
             ORDER BY must appear after all regular arguments of the aggregate."
        } else {
            "No function matches the given name and argument types. You might need to add explicit type casts."
        })
    }

    fn function_signature(self, call: &FunctionCall<'_>) -> String {
        let positional = call.arguments.len() - call.argument_names.len();
        let argument = |(place, type_oid): (usize, &u32)| {
            let shown = format_type(self, *type_oid, None);
            match place.checked_sub(positional).and_then(|place| call.argument_names.get(place)) {
                Some(name) => format!("{name} => {shown}"),
                None => shown,
            }
        };
        let arguments: Vec<String> = call.arguments.iter().enumerate().map(argument).collect();
        format!("{}({})", call.name.join("."), arguments.join(", "))
    }

    /// `int4('1')`: a type's name as a function of one argument is a cast, unless that would need a function of its own.
    fn cast_by_name(self, name: &[String], argument: u32) -> Result<Option<u32>> {
        let name = TypeName { names: name.to_vec(), modifiers: Vec::new(), is_array: false };
        let target = name.find(self, "").ok().flatten();
        let Some(target) = target.filter(|target| self.info(*target).is_some_and(|info| info.relation == 0)) else { return Ok(None) };
        if argument == oid::UNKNOWN {
            return Ok(Some(target));
        }
        let is_cast = match self.pathway(argument, target, Coercion::Explicit) {
            Some(Pathway::Relabel) => true,
            Some(Pathway::Text) => {
                let is_record = argument == oid::RECORD || self.is_composite(argument);
                !(is_record && self.category(target) == b'S')
            }
            _ => false,
        };
        Ok(is_cast.then_some(target))
    }

    fn function_candidates(self, call: &FunctionCall<'_>) -> Result<Vec<FunctionCandidate>> {
        let (search, name) = match call.name {
            [name] => (self.search.to_vec(), name),
            [.., schema, name] => {
                let undefined = || Error::new(Code::UndefinedSchema, format!("schema \"{schema}\" does not exist"));
                (vec![self.catalog.namespace(schema).ok_or_else(undefined)?], name)
            }
            [] => return Ok(Vec::new()),
        };
        let mut kept: Vec<FunctionCandidate> = Vec::new();
        for row in self.catalog.functions_named(name).iter() {
            let Some(path) = search.iter().position(|other| *other == row.namespace) else { continue };
            if let Some(candidate) = FunctionCandidate::new(Arc::clone(row), path, call) {
                candidate.keep(&mut kept);
            }
        }
        Ok(kept)
    }

    fn found(self, call: &FunctionCall<'_>, candidate: Option<FunctionCandidate>) -> Result<Found> {
        let Some(candidate) = candidate else { return Ok(Found::None) };
        if candidate.is_ambiguous {
            return Ok(Found::Several);
        }
        let FunctionCandidate { row, arguments, parameters, elements, .. } = candidate;
        let count = call.arguments.len();
        // What a named argument gives is put where the function takes it.
        let mut places: Vec<usize> = (0..arguments.len()).collect();
        places.sort_by_key(|place| (parameters[*place], *place));
        let source = |place: &usize| match *place < count {
            true => ArgumentSource::Given(*place),
            false => ArgumentSource::Default(parameters[*place] + 1),
        };
        let order: Vec<ArgumentSource> = places.iter().map(source).collect();
        let declared: Vec<u32> = places.iter().map(|place| arguments[*place]).collect();
        let given: Vec<u32> = order
            .iter()
            .zip(&declared)
            .map(|(source, declared)| match source {
                ArgumentSource::Given(place) => call.arguments[*place],
                ArgumentSource::Default(_) => *declared,
            })
            .collect();
        let mut results = vec![row.result];
        let collects = elements > 0 && row.variadic != oid::ANY;
        if collects {
            results.push(row.arguments.last().copied().unwrap_or_default());
        }
        results.extend(row.outputs.iter().map(|field| field.type_oid));
        let resolved = polymorphic::resolve(self, &given, &declared, &results)?;
        let mut types = resolved.results.into_iter();
        let result = types.next().unwrap_or(row.result);
        let collected = if collects { types.next().map(|array| (declared.len() - elements, array)) } else { None };
        let outputs = row.outputs.iter().zip(types).map(|(field, type_oid)| Field { type_oid, ..field.clone() }).collect();
        Ok(Found::Function(Box::new(ResolvedFunction {
            direct_arguments: self.direct_arguments(&row.info),
            info: row.info.clone(),
            order,
            declared: resolved.declared,
            collected,
            takes_any_number: row.variadic == oid::ANY,
            result,
            outputs,
        })))
    }

    /// How many arguments of an ordered-set aggregate are not aggregated; `None` for all else.
    fn direct_arguments(self, info: &FunctionInfo) -> Option<usize> {
        if info.kind != FunctionKind::Aggregate {
            return None;
        }
        let row = self.catalog.find_one(catalog_oid::PG_AGGREGATE, &["aggfnoid"], &[Value::oid(info.oid)])?;
        (row.char("aggkind")? != b'n').then(|| row.int("aggnumdirectargs").unwrap_or_default() as usize)
    }
}

impl FunctionCandidate {
    fn new(row: Arc<FunctionRow>, path: usize, call: &FunctionCall<'_>) -> Option<Self> {
        if !call.argument_names.is_empty() {
            return Self::by_names(row, path, call);
        }
        let (given, taken) = (call.arguments.len(), row.arguments.len());
        let collects = row.variadic != 0 && !call.is_variadic && taken <= given;
        let defaults = taken.saturating_sub(given);
        if defaults > row.defaults || (taken < given && !collects) {
            return None;
        }
        let mut arguments = row.arguments.clone();
        let mut parameters: Vec<usize> = (0..taken).collect();
        let elements = if collects { given - taken + 1 } else { 0 };
        if collects {
            arguments.truncate(taken - 1);
            arguments.resize(given, row.variadic);
            parameters.resize(given, taken - 1);
        }
        Some(Self { row, path, arguments, parameters, elements, defaults, is_ambiguous: false })
    }

    /// `f(1, b => 2)`: each name must be that of a parameter that has no argument yet, and all others must have defaults.
    fn by_names(row: Arc<FunctionRow>, path: usize, call: &FunctionCall<'_>) -> Option<Self> {
        let (given, taken) = (call.arguments.len(), row.arguments.len());
        if given > taken || given + row.defaults < taken || (row.variadic != 0 && !call.is_variadic) {
            return None;
        }
        let positional = given - call.argument_names.len();
        let mut parameters: Vec<usize> = (0..positional).collect();
        for name in call.argument_names {
            let parameter = row.info.parameter_names.iter().position(|other| other == name)?;
            if parameters.contains(&parameter) {
                return None;
            }
            parameters.push(parameter);
        }
        // With VARIADIC, the last argument must be the variadic one.
        if call.is_variadic && parameters.last() != Some(&(taken - 1)) {
            return None;
        }
        let missing: Vec<usize> = (0..taken).filter(|parameter| !parameters.contains(parameter)).collect();
        if missing.iter().any(|parameter| *parameter < taken - row.defaults) {
            return None;
        }
        let defaults = missing.len();
        parameters.extend(missing);
        let arguments = parameters.iter().map(|parameter| row.arguments[*parameter]).collect();
        Some(Self { row, path, arguments, parameters, elements: 0, defaults, is_ambiguous: false })
    }

    /// Adds this to the others, of which at most one takes the same arguments: that of the schema that comes first, then the one that
    /// collects none of them in an array.
    fn keep(self, kept: &mut Vec<FunctionCandidate>) {
        let own = &self.arguments[..self.arguments.len() - self.defaults];
        let same = |other: &&mut FunctionCandidate| other.arguments[..other.arguments.len() - other.defaults] == *own;
        let Some(other) = kept.iter_mut().find(same) else {
            kept.push(self);
            return;
        };
        let is_better = match self.path.cmp(&other.path) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Greater => false,
            std::cmp::Ordering::Equal if self.elements == 0 && other.elements > 0 => true,
            std::cmp::Ordering::Equal if self.elements > 0 && other.elements == 0 => false,
            std::cmp::Ordering::Equal => {
                other.is_ambiguous = true;
                false
            }
        };
        if is_better {
            *other = self;
        }
    }
}

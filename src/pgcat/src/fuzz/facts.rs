//! What statements can be made of, as the catalog says it: types, functions, operators, casts and relations.

use std::collections::HashMap;
use std::time::Duration;

use super::run::Runner;
use crate::functions;

/// `pg_type.oid` of the kinds of types of which any fits.
pub(super) const ANY_ELEMENT: [u32; 6] = [2276, 2283, 2776, 3500, 5077, 5079];
pub(super) const ANY_ARRAY: [u32; 2] = [2277, 5078];

/// What there is in the catalog.
pub(super) struct Facts {
    pub types: HashMap<u32, TypeFacts>,
    pub routines: Vec<Routine>,
    pub operators: Vec<Operator>,
    pub relations: Vec<Relation>,
    /// Sources and targets of the rows of `pg_cast`.
    pub casts: Vec<(u32, u32)>,
    /// Places of routines and operators by the type of what they give.
    pub scalars_by_result: HashMap<u32, Vec<usize>>,
    pub aggregates_by_result: HashMap<u32, Vec<usize>>,
    pub operators_by_result: HashMap<u32, Vec<usize>>,
    pub sets: Vec<usize>,
}

pub(super) struct TypeFacts {
    /// As it is written in a cast.
    pub name: String,
    /// The type of arrays of it, or 0.
    pub array: u32,
    /// The type of its elements where it is a true array, or 0.
    pub element: u32,
}

pub(super) struct Routine {
    pub name: String,
    pub arguments: Vec<u32>,
    pub variadic: u32,
    pub result: u32,
    pub is_volatile: bool,
    pub is_immutable: bool,
    pub is_exact: bool,
    pub is_aggregate: bool,
}

pub(super) struct Operator {
    pub name: String,
    /// 0 for one in front of its operand.
    pub left: u32,
    pub right: u32,
    pub result: u32,
    pub is_immutable: bool,
    pub is_exact: bool,
}

pub(super) struct Relation {
    pub name: String,
    pub columns: Vec<(String, u32)>,
}

impl Facts {
    pub fn of(runner: &Runner) -> Self {
        let types = types(runner);
        let (routines, operators) = (routines(runner), operators(runner));
        let mut facts = Self {
            types,
            casts: casts(runner),
            relations: relations(runner),
            scalars_by_result: HashMap::new(),
            aggregates_by_result: HashMap::new(),
            operators_by_result: HashMap::new(),
            sets: Vec::new(),
            routines: Vec::new(),
            operators,
        };
        for (place, (routine, returns_set)) in routines.into_iter().enumerate() {
            if returns_set {
                facts.sets.push(place);
            } else {
                let by_result = if routine.is_aggregate { &mut facts.aggregates_by_result } else { &mut facts.scalars_by_result };
                by_result.entry(routine.result).or_default().push(place);
            }
            facts.routines.push(routine);
        }
        for (place, operator) in facts.operators.iter().enumerate() {
            facts.operators_by_result.entry(operator.result).or_default().push(place);
        }
        facts
    }

    /// A type as it is written in a cast.
    pub fn type_name(&self, type_oid: u32) -> &str {
        self.types.get(&type_oid).map_or("text", |facts| &facts.name)
    }

    pub fn array_of(&self, element: u32) -> u32 {
        self.types.get(&element).map_or(0, |facts| facts.array)
    }

    pub fn element_of(&self, array: u32) -> u32 {
        self.types.get(&array).map_or(0, |facts| facts.element)
    }
}

/// The texts of the rows of a statement about the catalog, in which nothing is null.
fn ask(runner: &Runner, statement: &str) -> Vec<Vec<String>> {
    // More rows than an answer has are asked for in parts.
    let mut all = Vec::new();
    loop {
        let answer = runner.run(&format!("{statement} OFFSET {}", all.len()), Duration::from_secs(60)).expect("the catalog is readable");
        all.extend(answer.rows.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>()));
        if answer.is_whole {
            return all;
        }
    }
}

fn oid(text: &str) -> u32 {
    text.parse().expect("an OID")
}

/// The OIDs in a list.
fn oids(text: &str) -> Vec<u32> {
    text.split(',').filter(|part| !part.is_empty()).map(oid).collect()
}

fn types(runner: &Runner) -> HashMap<u32, TypeFacts> {
    let statement = "SELECT oid, format_type(oid, NULL), typarray, CASE WHEN typsubscript = 'array_subscript_handler'::regproc
        THEN typelem ELSE 0 END FROM pg_type ORDER BY oid";
    let facts = |row: Vec<String>| {
        let name = match row[1].as_str() {
            // Without a length, these words of the language mean one of 1.
            "character" => "bpchar".to_owned(),
            "bit" => "varbit".to_owned(),
            name => name.to_owned(),
        };
        (oid(&row[0]), TypeFacts { name, array: oid(&row[2]), element: oid(&row[3]) })
    };
    ask(runner, statement).into_iter().map(facts).collect()
}

/// The functions that are computed, with whether they give sets. What nobody may call, or what sleeps, is left out.
fn routines(runner: &Runner) -> Vec<(Routine, bool)> {
    let statement =
        "SELECT quote_ident(proname), array_to_string(proargtypes, ','), provariadic, prorettype, proretset, provolatile, prokind, prosrc,
        prolang, oid IN (SELECT amproc FROM pg_amproc WHERE amprocnum = 1 AND amprocfamily IN (SELECT oid FROM pg_opfamily WHERE opfmethod = 403))
        FROM pg_proc WHERE pronamespace = 11 AND proname !~ '^pg_(sleep|terminate|cancel|advisory|try_advisory)' AND
        prorettype NOT IN (2281, 2279, 2275, 3838, 269, 3115, 3310, 325, 2280) AND
        NOT proargtypes::oid[] && ARRAY[2281, 2279, 2275, 3838]::oid[] ORDER BY oid";
    let routine = |row: Vec<String>| {
        let is_computed = match row[6].as_str() {
            "a" => functions::aggregate(&row[0]).is_some(),
            "f" => row[8] == "14" || functions::scalar(&row[7]).is_some() || functions::set(&row[7]).is_some(),
            _ => false,
        };
        let routine = Routine {
            name: row[0].clone(),
            arguments: oids(&row[1]),
            variadic: oid(&row[2]),
            result: oid(&row[3]),
            is_volatile: row[5] == "v",
            is_immutable: row[5] == "i",
            // Of what the order of an index asks for, only the sign is said.
            is_exact: row[9] == "f" && is_exact(&row[7]),
            is_aggregate: row[6] == "a",
        };
        is_computed.then_some((routine, row[4] == "t"))
    };
    ask(runner, statement).into_iter().filter_map(routine).collect()
}

/// Whether what a function gives is the same on every machine, to the last digit.
fn is_exact(symbol: &str) -> bool {
    symbol != "dcbrt"
}

fn operators(runner: &Runner) -> Vec<Operator> {
    let statement = "SELECT o.oprname, o.oprleft, o.oprright, o.oprresult, p.provolatile, p.prosrc, p.prolang FROM pg_operator o
        JOIN pg_proc p ON p.oid = o.oprcode ORDER BY o.oid";
    let operator = |row: Vec<String>| {
        let is_computed = row[6] == "14" || functions::scalar(&row[5]).is_some();
        let [left, right, result] = [1, 2, 3].map(|place| oid(&row[place]));
        is_computed.then(|| Operator {
            name: row[0].clone(),
            left,
            right,
            result,
            is_immutable: row[4] == "i",
            is_exact: is_exact(&row[5]),
        })
    };
    ask(runner, statement).into_iter().filter_map(operator).collect()
}

fn casts(runner: &Runner) -> Vec<(u32, u32)> {
    let statement = "SELECT castsource, casttarget FROM pg_cast ORDER BY oid";
    ask(runner, statement).into_iter().map(|row| (oid(&row[0]), oid(&row[1]))).collect()
}

/// The relations and views that have rows.
fn relations(runner: &Runner) -> Vec<Relation> {
    let statement = "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(a.attname), a.atttypid FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v') AND a.attnum > 0
        ORDER BY n.nspname, c.relname, a.attnum";
    let mut relations: Vec<Relation> = Vec::new();
    for row in ask(runner, statement) {
        if relations.last().is_none_or(|relation| relation.name != row[0]) {
            relations.push(Relation { name: row[0].clone(), columns: Vec::new() });
        }
        if let Some(relation) = relations.last_mut() {
            relation.columns.push((row[1].clone(), oid(&row[2])));
        }
    }
    relations
}

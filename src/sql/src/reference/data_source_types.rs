//! The page of data source types.

use domain::factories::Factories;
use spi::connector::{ConnectorFactory, DATABASE_OPTION};
use spi::options::{CommonOptions, OptionSpec, describe};

use super::markdown::{code, codes, table};

const INTRODUCTION: &str = "# Data source types

What can be registered with `CALL create_datasource(name, type, options)`. Options are a JSON object; a name that the type does not
know is refused. Secret options are sealed where they are stored and masked wherever they would be shown. The same lists are in
`admin.data_source_types` and `admin.data_source_type_options`.
";

pub(super) fn page(factories: &Factories) -> String {
    let mut text = INTRODUCTION.to_owned();
    for factory in factories.list() {
        text.push_str(&section(factory.as_ref()));
    }
    let common = describe::<CommonOptions>();
    text.push_str(&format!("\n## Options of every type\n\n{}", options(&common)));
    text
}

fn section(factory: &dyn ConnectorFactory) -> String {
    let (kind, specs) = (factory.kind(), factory.options());
    format!("\n## {kind}\n\n{}\n\n```sql\n{}\n```\n\n{}", factory.summary(), example(kind, &specs), options(&specs))
}

/// The shortest call: with the options that must be given. Of those that may stand for a whole server, it names one database.
fn example(kind: &str, specs: &[OptionSpec]) -> String {
    let required = specs.iter().filter(|spec| spec.required || spec.name == DATABASE_OPTION);
    let required = required.map(|spec| format!("\"{}\": \"…\"", spec.name));
    format!("CALL create_datasource('name', '{kind}', '{{{}}}')", required.collect::<Vec<_>>().join(", "))
}

fn options(specs: &[OptionSpec]) -> String {
    table(["option", "type", "default", "description"], specs.iter().map(option))
}

fn option(spec: &OptionSpec) -> [String; 4] {
    let default = match (&spec.default, spec.required) {
        (Some(value), _) => code(&value.to_string()),
        (None, true) => "required".to_owned(),
        (None, false) => String::new(),
    };
    let mut description = spec.description.clone();
    if !spec.choices.is_empty() {
        description.push_str(&format!(" One of {}.", codes(&spec.choices)));
    }
    if spec.secret {
        description.push_str(" Secret.");
    }
    [code(&spec.name), spec.data_type.clone(), default, description]
}

//! Finds the wanted parts of a document in one walk.

use std::collections::HashMap;

use super::place::Place;
use crate::documents::json::Wanted;
use crate::documents::path::Path;
use crate::documents::shown::shown;
use crate::documents::value::Document;

/// The wanted paths, as a tree.
#[derive(Default)]
pub(super) struct Plan {
    root: Node,
    paths: Vec<Path>,
}

#[derive(Default)]
struct Node {
    /// The targets that this place itself is.
    targets: Vec<usize>,
    fields: HashMap<String, Node>,
}

/// What is at a wanted path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<'d, 'a> {
    Nothing,
    Value(&'d Document<'a>),
    /// A value that is no object, so many steps down the path.
    Blocked(&'d Document<'a>, usize),
}

impl Plan {
    /// Adds a path, and returns the number of the target that it is.
    pub(super) fn add(&mut self, path: &Path) -> usize {
        let target = self.paths.len();
        let node = path.0.iter().fold(&mut self.root, |node, name| node.fields.entry(name.clone()).or_default());
        node.targets.push(target);
        self.paths.push(path.clone());
        target
    }

    pub(super) fn path(&self, target: usize) -> &Path {
        &self.paths[target]
    }

    /// Says that a value on the way to a target is no object.
    pub(super) fn block(&self, target: usize, depth: usize, value: &Document<'_>, place: &mut Place) {
        let above = Path(self.paths[target].0[..depth].to_vec());
        place.of(|| above.to_string(), |place| place.misfit(format!("{} is not an object", shown(value))));
    }

    /// Whether there is anything in an object that is wanted.
    pub(super) fn wants_fields(&self) -> bool {
        !self.root.fields.is_empty()
    }

    pub(super) fn wanted(&self) -> Wanted {
        self.root.wanted()
    }

    /// What the document has, by target. A document that is no object has no fields, which is for the caller to say.
    pub(super) fn find<'d, 'a>(&self, document: &'d Document<'a>) -> Vec<Found<'d, 'a>> {
        let mut found = vec![Found::Nothing; self.paths.len()];
        self.root.find(document, 0, &mut found);
        found
    }
}

impl Node {
    fn wanted(&self) -> Wanted {
        match self.targets.is_empty() {
            true => Wanted::Fields(self.fields.iter().map(|(name, node)| (name.clone(), node.wanted())).collect()),
            false => Wanted::All,
        }
    }

    fn find<'d, 'a>(&self, value: &'d Document<'a>, depth: usize, found: &mut [Found<'d, 'a>]) {
        self.targets.iter().for_each(|target| found[*target] = Found::Value(value));
        if self.fields.is_empty() {
            return;
        }
        match value.plain() {
            Document::Object(fields) => {
                for (name, value) in fields {
                    if let Some(node) = self.fields.get(&**name) {
                        node.find(value, depth + 1, found);
                    }
                }
            }
            Document::Null => {}
            _ if depth == 0 => {}
            _ => self.fields.values().for_each(|node| node.block(value, depth, found)),
        }
    }

    fn block<'d, 'a>(&self, value: &'d Document<'a>, depth: usize, found: &mut [Found<'d, 'a>]) {
        self.targets.iter().for_each(|target| found[*target] = Found::Blocked(value, depth));
        self.fields.values().for_each(|node| node.block(value, depth, found));
    }
}

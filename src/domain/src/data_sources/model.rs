//! Random sequences of verbs, compared with a model that is small enough to be believed.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::*;
use crate::services::Services;
use crate::testing::{self, new_source, options, superuser};

/// Few, so that verbs meet: two sources dropped under one name, a name that was taken meanwhile.
const NAMES: [&str; 2] = ["a", "b"];

#[derive(Clone, Debug)]
enum Verb {
    Create { name: usize, path: u8, publish: bool },
    Alter { name: usize, path: u8, publish: bool, expected: Option<u64> },
    Publish { name: usize, version: u64 },
    Rollback { name: usize, version: u64 },
    Unpublish { name: usize },
    Rename { name: usize, new_name: usize },
    Expire { name: usize },
    Renew { name: usize },
    Pause { name: usize },
    Resume { name: usize },
    Drop { name: usize },
    Restore { name: usize },
    Purge { name: usize },
}

/// A source as the model knows it. Paths are its only options; the first version has the first path.
#[derive(Clone, Debug)]
struct Model {
    oid: u32,
    name: usize,
    paths: Vec<u8>,
    published: Option<u64>,
    expired: bool,
    paused: bool,
    /// Counts the drops, so that the last one is known.
    dropped: Option<usize>,
}

/// What the model expects of a verb: whether it changes something, or the SQLSTATE that it is refused with.
type Expected = Result<bool, &'static str>;

#[derive(Default)]
struct World {
    sources: Vec<Model>,
    created: u32,
    drops: usize,
}

impl World {
    fn expect(&mut self, verb: &Verb) -> Expected {
        match *verb {
            Verb::Create { name, path, publish } => self.create(name, path, publish),
            Verb::Alter { name, path, publish, expected } => self.source(name)?.alter(path, publish, expected),
            Verb::Publish { name, version } => self.source(name)?.publish(version, false),
            Verb::Rollback { name, version } => self.source(name)?.publish(version, true),
            Verb::Unpublish { name } => self.live(name)?.published.take().map(|_| true).ok_or("55000"),
            Verb::Rename { name, new_name } => self.rename(name, new_name),
            Verb::Expire { name } => Ok(!std::mem::replace(&mut self.live(name)?.expired, true)),
            Verb::Renew { name } => Ok(std::mem::replace(&mut self.live(name)?.expired, false)),
            Verb::Pause { name } => Ok(!std::mem::replace(&mut self.live(name)?.paused, true)),
            Verb::Resume { name } => Ok(std::mem::replace(&mut self.live(name)?.paused, false)),
            Verb::Drop { name } => self.drop(name),
            Verb::Restore { name } => self.restore(name),
            Verb::Purge { name } => self.purge(name),
        }
    }

    fn create(&mut self, name: usize, path: u8, publish: bool) -> Expected {
        if self.named(name).is_some() {
            return Err("42710");
        }
        let oid = 16384 + self.created;
        self.created += 1;
        let published = publish.then_some(1);
        self.sources.push(Model { oid, name, paths: vec![path], published, expired: false, paused: false, dropped: None });
        Ok(true)
    }

    fn rename(&mut self, name: usize, new_name: usize) -> Expected {
        self.live(name)?;
        if name == new_name {
            return Ok(false);
        }
        if self.named(new_name).is_some() {
            return Err("42710");
        }
        self.live(name)?.name = new_name;
        Ok(true)
    }

    fn drop(&mut self, name: usize) -> Expected {
        self.drops += 1;
        let drops = self.drops;
        self.live(name)?.dropped = Some(drops);
        Ok(true)
    }

    fn restore(&mut self, name: usize) -> Expected {
        let (dropped, live) = (self.dropped(name), self.named(name));
        match (dropped, live) {
            (None, None) => Err("42704"),
            (None, Some(_)) => Err("55000"),
            (Some(_), Some(_)) => Err("42710"),
            (Some(at), None) => {
                self.sources[at].dropped = None;
                Ok(true)
            }
        }
    }

    fn purge(&mut self, name: usize) -> Expected {
        let at = self.dropped(name).ok_or(if self.named(name).is_some() { "55000" } else { "42704" })?;
        self.sources.remove(at);
        Ok(true)
    }

    fn named(&self, name: usize) -> Option<usize> {
        self.sources.iter().position(|source| source.name == name && source.dropped.is_none())
    }

    fn dropped(&self, name: usize) -> Option<usize> {
        let dropped = self.sources.iter().enumerate().filter(|(_, source)| source.name == name && source.dropped.is_some());
        dropped.max_by_key(|(_, source)| source.dropped).map(|(at, _)| at)
    }

    /// What a name means: the source that has it, else the last one that was dropped with it.
    fn source(&mut self, name: usize) -> Result<&mut Model, &'static str> {
        let at = self.named(name).or_else(|| self.dropped(name)).ok_or("42704")?;
        Ok(&mut self.sources[at])
    }

    fn live(&mut self, name: usize) -> Result<&mut Model, &'static str> {
        self.source(name).and_then(|source| if source.dropped.is_some() { Err("55000") } else { Ok(source) })
    }
}

impl Model {
    fn alter(&mut self, path: u8, publish: bool, expected: Option<u64>) -> Expected {
        let newest = self.paths.len() as u64;
        if self.dropped.is_some() || self.expired {
            return Err("55000");
        }
        if expected.is_some_and(|expected| expected != newest) {
            return Err("40001");
        }
        let differs = self.paths.last() != Some(&path);
        let version = newest + u64::from(differs);
        let publishes = publish && self.published != Some(version);
        if (differs || publishes) && self.paused {
            return Err("55000");
        }
        if differs {
            self.paths.push(path);
        }
        if publishes {
            self.published = Some(version);
        }
        Ok(differs || publishes)
    }

    fn publish(&mut self, version: u64, rollback: bool) -> Expected {
        if self.dropped.is_some() || self.expired || self.paused || (rollback && self.published.is_none()) {
            return Err("55000");
        }
        if rollback && self.published < Some(version) {
            return Err("22023");
        }
        if version == 0 || version > self.paths.len() as u64 {
            return Err("42704");
        }
        Ok(self.published.replace(version) != Some(version))
    }

    fn state(&self) -> State {
        match self.published {
            _ if self.dropped.is_some() => State::Dropped,
            _ if self.expired => State::Expired,
            None => State::Draft,
            Some(version) if version == self.paths.len() as u64 => State::Published,
            Some(_) => State::Edited,
        }
    }
}

async fn run(services: &Services, verb: &Verb) -> spi::Result<Outcome> {
    let admin = &superuser();
    let given = |path: u8| format!(r#"{{"path": "p{path}", "password": "secret{path}", "refresh_interval": "0"}}"#);
    match *verb {
        Verb::Create { name, path, publish } => {
            let request = Create { publish, ..new_source(NAMES[name], &given(path)) };
            create(services, admin, request).await
        }
        Verb::Alter { name, path, publish, expected } => {
            let request =
                Alter { options: Some(options(&given(path))), expected_version: expected, publish, test: true, ..Alter::default() };
            alter(services, admin, NAMES[name], request).await
        }
        Verb::Publish { name, version } => publish(services, admin, NAMES[name], version).await,
        Verb::Rollback { name, version } => rollback(services, admin, NAMES[name], version).await,
        Verb::Unpublish { name } => unpublish(services, admin, NAMES[name]).await,
        Verb::Rename { name, new_name } => rename(services, admin, NAMES[name], NAMES[new_name]).await,
        Verb::Expire { name } => expire(services, admin, NAMES[name], 1_000_000).await,
        Verb::Renew { name } => renew(services, admin, NAMES[name], None).await,
        Verb::Pause { name } => pause(services, admin, NAMES[name]).await,
        Verb::Resume { name } => resume(services, admin, NAMES[name]).await,
        Verb::Drop { name } => drop(services, admin, NAMES[name], false).await,
        Verb::Restore { name } => restore(services, admin, NAMES[name]).await,
        Verb::Purge { name } => purge(services, admin, NAMES[name]).await,
    }
}

/// Everything that must be true whatever was done.
async fn check(services: &Services, world: &World) -> Result<(), TestCaseError> {
    let replica = services.store.replica();
    let found: Vec<_> = list(&replica)
        .into_iter()
        .map(|one| (one.oid, one.name.clone(), one.state, one.current_version, one.published_version, one.paused))
        .collect();
    let expected: Vec<_> = world
        .sources
        .iter()
        .map(|one| (one.oid, NAMES[one.name].to_owned(), one.state(), one.paths.len() as u64, one.published, one.paused))
        .collect();
    prop_assert_eq!(found, expected);
    for source in &world.sources {
        for (number, path) in (1..).zip(&source.paths) {
            let opened = opened_options(&services.keyring, &replica, source.oid, number).expect("a version");
            prop_assert_eq!(&opened["path"], &format!("p{path}"), "versions do not change");
        }
        let readable = source.dropped.is_none() && !source.expired && !source.paused && source.published.is_some();
        prop_assert_eq!(services.connectors.get(&replica, source.oid).await.is_ok(), readable);
    }
    let gone = |oid: &u32| world.sources.iter().all(|source| source.oid != *oid);
    for oid in (16384..16384 + world.created).filter(gone) {
        prop_assert_eq!(replica.scan(&format!("ds/{oid}")).count(), 0, "a purged source leaves nothing");
    }
    prop_assert!(!testing::stored_text(services).contains("secret"));
    Ok(())
}

fn verbs() -> impl Strategy<Value = Vec<Verb>> {
    let name = || 0..NAMES.len();
    let verb = prop_oneof![
        6 => (name(), 0..4u8, any::<bool>()).prop_map(|(name, path, publish)| Verb::Create { name, path, publish }),
        4 => (name(), 0..4u8, any::<bool>(), prop::option::of(1..4u64))
            .prop_map(|(name, path, publish, expected)| Verb::Alter { name, path, publish, expected }),
        2 => (name(), 0..4u64).prop_map(|(name, version)| Verb::Publish { name, version }),
        2 => (name(), 0..4u64).prop_map(|(name, version)| Verb::Rollback { name, version }),
        1 => name().prop_map(|name| Verb::Unpublish { name }),
        2 => (name(), name()).prop_map(|(name, new_name)| Verb::Rename { name, new_name }),
        1 => name().prop_map(|name| Verb::Expire { name }),
        2 => name().prop_map(|name| Verb::Renew { name }),
        1 => name().prop_map(|name| Verb::Pause { name }),
        2 => name().prop_map(|name| Verb::Resume { name }),
        4 => name().prop_map(|name| Verb::Drop { name }),
        2 => name().prop_map(|name| Verb::Restore { name }),
        1 => name().prop_map(|name| Verb::Purge { name }),
    ];
    prop::collection::vec(verb, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_sequence_of_verbs_does_what_the_model_says(verbs in verbs()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let services: Arc<Services> = testing::start().await;
            let mut world = World::default();
            for verb in &verbs {
                let expected = world.expect(verb);
                let found = run(&services, verb).await;
                let found = found.map(|outcome| outcome.changed).map_err(|error| error.code.sqlstate());
                prop_assert_eq!(found, expected, "{:?}", verb);
                check(&services, &world).await?;
            }
            services.stop().await;
            Ok(())
        })?;
    }
}

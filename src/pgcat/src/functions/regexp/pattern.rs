//! A regular expression that is ready to be matched, and the cache of those.
//!
//! PostgreSQL takes the leftmost match, and of those that begin there the longest (or the shortest, where the pattern prefers that),
//! and only then asks what the groups inside match. The engines here prefer the first alternative instead. So an automaton finds how far
//! the match reaches, and where that is not where the engine's own match ends, the groups are matched once more up to there. Patterns that
//! refer to groups or look around are left to the preference of their engine.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use regex_automata::hybrid::dfa::{Cache as AutomatonCache, Config as AutomatonConfig, DFA};
use regex_automata::meta::{Config, Regex};
use regex_automata::util::pool::Pool;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};
use spi::{Code, Error, Result};

use super::beginning::beginning;
use super::syntax::{Flags, Translated, invalid, translate};
use crate::functions::beginning::Beginning;

/// How many patterns are kept compiled. The statements of one client use a handful.
const CACHED_MAX: usize = 256;
/// How much memory one compiled pattern may take.
const SIZE_MAX: usize = 4 << 20;
/// How many steps a backtracking match may take.
const BACKTRACKS_MAX: usize = 2_000_000;

/// A compiled regular expression.
pub struct Pattern {
    engine: Engine,
    groups: usize,
    beginning: Option<Beginning>,
}

/// Where a match and its groups are, in bytes; the whole is the first.
pub type Spans = Vec<Option<(usize, usize)>>;

enum Engine {
    Linear(Box<Linear>),
    Backtracking(Box<fancy_regex::Regex>),
}

struct Linear {
    regex: Regex,
    /// The same pattern, which must match up to the end.
    whole: Regex,
    /// Finds how far a match reaches; `None` where the automaton cannot be built.
    reach: Option<Reach>,
    prefers_short: bool,
}

struct Reach {
    automaton: DFA,
    caches: Pool<AutomatonCache, Box<dyn Fn() -> AutomatonCache + Send + Sync>>,
}

type Key = (String, Flags);

#[derive(Default)]
struct Cache {
    patterns: HashMap<Key, Arc<Pattern>>,
    /// In the order in which they came; the oldest goes first.
    order: VecDeque<Key>,
}

static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);

impl Pattern {
    /// The compiled form of a pattern, from the cache if it was used lately.
    pub fn get(pattern: &str, flags: Flags) -> Result<Arc<Pattern>> {
        let key = (pattern.to_owned(), flags);
        if let Some(found) = CACHE.lock().unwrap_or_else(PoisonError::into_inner).patterns.get(&key) {
            return Ok(found.clone());
        }
        let compiled = Arc::new(Pattern::compile(pattern, flags)?);
        let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.order.len() == CACHED_MAX
            && let Some(oldest) = cache.order.pop_front()
        {
            cache.patterns.remove(&oldest);
        }
        if cache.patterns.insert(key.clone(), compiled.clone()).is_none() {
            cache.order.push_back(key);
        }
        Ok(compiled)
    }

    fn compile(pattern: &str, flags: Flags) -> Result<Self> {
        let translated = translate(pattern, flags)?;
        let engine = if translated.needs_backtracking { backtracking(&translated)? } else { linear(&translated)? };
        let beginning = if translated.needs_backtracking { None } else { beginning(&translated.text) };
        Ok(Self { engine, groups: translated.groups, beginning })
    }

    /// With what all texts begin that match it; `None` where that may be anything.
    pub fn beginning(&self) -> Option<&Beginning> {
        self.beginning.as_ref()
    }

    /// How many capturing groups it has.
    pub fn groups(&self) -> usize {
        self.groups
    }

    pub fn is_match(&self, text: &str) -> Result<bool> {
        match &self.engine {
            Engine::Linear(linear) => Ok(linear.regex.is_match(text)),
            Engine::Backtracking(regex) => regex.is_match(text).map_err(exhausted),
        }
    }

    /// The first match at or behind a place, which is in bytes.
    pub fn find(&self, text: &str, start: usize) -> Result<Option<Spans>> {
        match &self.engine {
            Engine::Linear(linear) => Ok(linear.find(text, start)),
            Engine::Backtracking(regex) => {
                let found = regex.captures_from_pos(text, start).map_err(exhausted)?;
                Ok(found
                    .map(|captures| (0..captures.len()).map(|group| captures.get(group).map(|span| (span.start(), span.end()))).collect()))
            }
        }
    }
}

impl Linear {
    fn find(&self, text: &str, start: usize) -> Option<Spans> {
        let mut captures = self.regex.create_captures();
        self.regex.captures(Input::new(text).range(start..), &mut captures);
        let found = captures.get_match()?;
        let end = self.reach.as_ref().and_then(|reach| reach.end(text, found.start(), self.prefers_short)).unwrap_or(found.end());
        if end != found.end() {
            let mut exact = self.whole.create_captures();
            self.whole.captures(Input::new(&text[..end]).range(found.start()..).anchored(Anchored::Yes), &mut exact);
            if exact.is_match() {
                captures = exact;
            }
        }
        Some((0..captures.group_len()).map(|group| captures.get_group(group).map(|span| (span.start, span.end))).collect())
    }
}

impl Reach {
    /// How far the longest or shortest match goes that begins at a place. `None` where the automaton gives up, as it does for word
    /// boundaries between characters that are not ASCII.
    fn end(&self, text: &str, start: usize, shortest: bool) -> Option<usize> {
        let input = Input::new(text).range(start..).anchored(Anchored::Yes).earliest(shortest);
        let mut cache = self.caches.get();
        self.automaton.try_search_fwd(&mut cache, &input).ok().flatten().map(|half| half.offset())
    }
}

fn linear(translated: &Translated) -> Result<Engine> {
    let build = |text: &str| {
        let config = Config::new().nfa_size_limit(Some(SIZE_MAX));
        Regex::builder().configure(config).build(text).map_err(|error| too_complex().cause(error))
    };
    let regex = build(&translated.text)?;
    let whole = build(&format!("(?:{})\\z", translated.text))?;
    Ok(Engine::Linear(Box::new(Linear { regex, whole, reach: reach(&translated.text), prefers_short: translated.prefers_short })))
}

fn reach(text: &str) -> Option<Reach> {
    let config = AutomatonConfig::new().match_kind(MatchKind::All).unicode_word_boundary(true).skip_cache_capacity_check(true);
    let automaton = DFA::builder().configure(config).syntax(syntax::Config::new()).build(text).ok()?;
    let made = automaton.clone();
    let make: Box<dyn Fn() -> AutomatonCache + Send + Sync> = Box::new(move || made.create_cache());
    Some(Reach { automaton, caches: Pool::new(make) })
}

fn backtracking(translated: &Translated) -> Result<Engine> {
    let mut builder = fancy_regex::RegexBuilder::new(&translated.text);
    builder.backtrack_limit(BACKTRACKS_MAX).delegate_size_limit(SIZE_MAX);
    let regex = builder.build().map_err(|error| too_complex().cause(error))?;
    Ok(Engine::Backtracking(Box::new(regex)))
}

fn too_complex() -> Error {
    invalid("regular expression is too complex")
}

fn exhausted(error: fancy_regex::Error) -> Error {
    Error::new(Code::Limit, "regular expression failed: regular expression is too complex").cause(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(pattern: &str, text: &str) -> Vec<String> {
        let spans = Pattern::get(pattern, Flags::default()).unwrap().find(text, 0).unwrap().unwrap();
        spans.into_iter().map(|span| span.map_or("-".to_owned(), |(start, end)| text[start..end].to_owned())).collect()
    }

    /// Recorded from PostgreSQL 16 with `regexp_match` of the pattern in parentheses.
    #[test]
    fn the_leftmost_longest_match_is_taken() {
        for (pattern, text, expected) in [
            ("a|ab", "xab", "ab"),
            ("(a?)(ab)?", "ab", "ab,,ab"),
            ("(.*)(\\d+)(.*)", "abc01234xyz", "abc01234xyz,abc0123,4,xyz"),
            ("(.*?)(\\d+)(.*)", "abc01234xyz", "abc0,abc,0,"),
            ("(?:(.*?)(\\d+)(.*)){1,1}", "abc01234xyz", "abc01234xyz,abc,01234,xyz"),
            ("Y*([0-9]{1,3})", "XY1234Z", "Y123,123"),
            ("Y*?([0-9]{1,3})", "XY1234Z", "Y1,1"),
            ("(a)|b", "b", "b,-"),
            ("\\mfoo\\M", "a foo", "foo"),
            ("[[:<:]]f[^]]*[[:>:]]", "a foo", "foo"),
            ("(\\w)\\1", "hello", "ll,l"),
            ("foo(?=bar)", "foo foobar", "foo"),
            ("(?<!a)b", "abb", "b"),
            ("(?i)ABC", "xabc", "abc"),
            ("***=a.b", "axb a.b", "a.b"),
            ("(?x) a b # comment", "ab", "ab"),
            ("a{,3}", "a{,3}", "a{,3}"),
            ("[]a]+", "]a", "]a"),
            ("x\\u00e9", "xé", "xé"),
        ] {
            assert_eq!(groups(pattern, text).join(","), expected, "{pattern}");
        }
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn what_is_no_pattern_is_told() {
        for (pattern, reason) in [
            ("a**", "quantifier operand invalid"),
            ("(a", "parentheses () not balanced"),
            ("a)", "parentheses () not balanced"),
            ("[a", "brackets [] not balanced"),
            ("[b-a]", "invalid character range"),
            ("[[:foo:]]", "invalid character class"),
            ("a{300}", "invalid repetition count(s)"),
            ("a{2,1}", "invalid repetition count(s)"),
            ("a{1", "braces {} not balanced"),
            ("\\k", "invalid escape \\ sequence"),
            ("(?z)a", "invalid embedded option"),
            ("***a", "quantifier operand invalid"),
            ("a\\", "invalid escape \\ sequence"),
            ("[[.foo.]]", "invalid collating element"),
            ("(a)\\2", "invalid backreference number"),
            ("x{1}{2}", "quantifier operand invalid"),
            ("^*", "quantifier operand invalid"),
            ("(?=a)*", "quantifier operand invalid"),
            ("[a-\\d]", "invalid character range"),
            ("(?i", "invalid embedded option"),
        ] {
            let error = Pattern::get(pattern, Flags::default()).err().unwrap();
            assert_eq!(error.message, format!("invalid regular expression: {reason}"), "{pattern}");
            assert_eq!(error.code.sqlstate(), "2201B");
        }
    }
}

//! The keys that seal secret options.
//!
//! A sealed value is ChaCha20-Poly1305, bound to the record and the option that it was sealed for: moved to another record
//! or option it does not open. It names its key, so that keys can be rotated: the first key of the ring seals, all of them
//! open.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use spi::{Code, Error, Origin, Result, Secret};

/// The environment variable that holds the keys where no file does.
pub const VARIABLE: &str = "METAGATE_KEY";
/// The file of the data folder that holds the keys otherwise.
pub const FILE: &str = "secret.key";

const KEY_BYTES: usize = 32;
/// What a sealed value begins with.
const FORMAT: &str = "sealed1";

/// The known keys. Cheap to clone.
#[derive(Clone)]
pub struct Keyring {
    /// Not empty; the first seals.
    keys: Arc<[Key]>,
}

struct Key {
    /// The beginning of the key's hash: the same key has the same id everywhere.
    id: String,
    key: LessSafeKey,
}

impl Keyring {
    /// The keys of the environment variable's value, where there is one, else of the key file, which is made at the first start.
    pub fn load(data_folder: &Path, variable: Option<&Secret<String>>) -> Result<Self> {
        if let Some(text) = variable {
            return Self::parse(text, &format!("environment variable {VARIABLE}"));
        }
        let path = data_folder.join(FILE);
        let place = format!("key file \"{}\"", path.display());
        match fs::read_to_string(&path) {
            Ok(text) => {
                check_permissions(&path, &place)?;
                Self::parse(&Secret::new(text), &place)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let text = STANDARD.encode(rand::random::<[u8; KEY_BYTES]>());
                write_key_file(&path, &text).map_err(|error| failed(&place, "written", error))?;
                Self::parse(&Secret::new(text), &place)
            }
            Err(error) => Err(failed(&place, "read", error)),
        }
    }

    /// Keys of 32 bytes in base64, apart by white space or commas. The first one seals.
    pub fn parse(text: &Secret<String>, place: &str) -> Result<Self> {
        let words = text.expose().split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
        let keys: Arc<[Key]> = words.map(|word| Key::parse(word).ok_or_else(|| malformed(place))).collect::<Result<_>>()?;
        if keys.is_empty() { Err(malformed(place)) } else { Ok(Self { keys }) }
    }

    /// The id of the key that seals.
    pub fn key_id(&self) -> &str {
        &self.keys[0].id
    }

    /// Whether a value that was sealed with the key of this id can be opened.
    pub fn knows(&self, key_id: &str) -> bool {
        self.keys.iter().any(|key| key.id == key_id)
    }

    /// Seals the value of an option of the record under `record_key`.
    pub fn seal(&self, record_key: &str, option: &str, value: &[u8]) -> Result<String> {
        let key = &self.keys[0];
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut sealed = value.to_vec();
        key.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound_to(record_key, option), &mut sealed)
            .map_err(|_| Error::internal(format!("could not seal option \"{option}\" of record \"{record_key}\"")))?;
        Ok(format!("{FORMAT}:{}:{}", key.id, STANDARD.encode([nonce.as_slice(), &sealed].concat())))
    }

    /// Opens what [`Keyring::seal`] made for the same record and option.
    pub fn open(&self, record_key: &str, option: &str, sealed: &str) -> Result<Secret<Vec<u8>>> {
        let damaged = |detail: String| {
            Error::new(Code::Corrupt, format!("could not open the sealed option \"{option}\" of record \"{record_key}\""))
                .detail(detail)
                .origin(Origin::Gateway)
        };
        let Some((FORMAT, key_id, content)) = parts(sealed) else { return Err(damaged("Its form is not known.".to_owned())) };
        let Some(key) = self.keys.iter().find(|key| key.id == key_id) else { return Err(unknown_key(key_id, record_key, option)) };
        let mut content = STANDARD.decode(content).map_err(|_| damaged("It is not base64.".to_owned()))?;
        if content.len() < NONCE_LEN {
            return Err(damaged("It is too short.".to_owned()));
        }
        let mut value = content.split_off(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(&content).map_err(|_| damaged("It is too short.".to_owned()))?;
        let opened = key.key.open_in_place(nonce, bound_to(record_key, option), &mut value);
        let length = opened.map_err(|_| damaged(format!("Key \"{key_id}\" does not fit it: it was altered or moved.")))?.len();
        value.truncate(length);
        Ok(Secret::new(value))
    }
}

/// The id of the key that a value was sealed with.
pub(crate) fn key_id_of(sealed: &str) -> Option<&str> {
    parts(sealed).map(|(_, key_id, _)| key_id)
}

fn parts(sealed: &str) -> Option<(&str, &str, &str)> {
    let (format, rest) = sealed.split_once(':')?;
    let (key_id, content) = rest.split_once(':')?;
    Some((format, key_id, content))
}

/// The record's key cannot contain a space, so that no two pairs are bound alike.
fn bound_to(record_key: &str, option: &str) -> Aad<Vec<u8>> {
    Aad::from(format!("{record_key} {option}").into_bytes())
}

impl Key {
    fn parse(word: &str) -> Option<Self> {
        let bytes: [u8; KEY_BYTES] = STANDARD.decode(word).ok()?.try_into().ok()?;
        let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &bytes).ok()?);
        let hash = blake3::Hasher::new_derive_key("metagate 2026-11 key id").update(&bytes).finalize();
        Some(Self { id: hash.to_hex()[..8].to_owned(), key })
    }
}

/// Written aside and renamed, so that a crash leaves a whole file or none.
fn write_key_file(path: &Path, text: &str) -> std::io::Result<()> {
    let aside = path.with_extension("key.new");
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
    file.write_all(format!("{text}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    match path.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn check_permissions(path: &Path, place: &str) -> Result<()> {
    let mode = fs::metadata(path).map_err(|error| failed(place, "read", error))?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Error::new(Code::Privilege, format!("{place} can be read by others"))
        .detail(format!("Its mode is {mode:04o}."))
        .hint("Make it readable by its owner alone: chmod 600.")
        .origin(Origin::Gateway))
}

fn failed(place: &str, what: &str, error: std::io::Error) -> Error {
    Error::new(Code::Io, format!("{place} could not be {what}")).detail(format!("{error}.")).origin(Origin::Gateway)
}

/// Never repeats what it found: it may be a key with a typing error.
fn malformed(place: &str) -> Error {
    Error::new(Code::InvalidArgument, format!("{place} does not hold a key"))
        .detail("A key is 32 bytes in base64; several are apart by white space or commas.")
        .origin(Origin::Gateway)
}

fn unknown_key(key_id: &str, record_key: &str, option: &str) -> Error {
    Error::new(Code::WrongState, format!("key \"{key_id}\" is not known"))
        .detail(format!("Option \"{option}\" of record \"{record_key}\" was sealed with it."))
        .hint(format!("Add the key to {VARIABLE} or to the file {FILE} of the data folder, and restart the gateway."))
        .origin(Origin::Gateway)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_only_where_it_was_sealed() {
        let ring = ring(&[1]);
        let sealed = ring.seal("ds/1/v/1", "password", b"hunter2").expect("sealed");
        assert!(!sealed.contains("hunter2"));
        assert_eq!(ring.open("ds/1/v/1", "password", &sealed).expect("opened").expose(), b"hunter2");
        assert_ne!(ring.seal("ds/1/v/1", "password", b"hunter2").expect("sealed"), sealed, "every nonce is new");

        for (record, option) in [("ds/1/v/2", "password"), ("ds/1/v/1", "token")] {
            let error = ring.open(record, option, &sealed).expect_err("moved");
            assert_eq!(error.code, Code::Corrupt);
            assert_eq!(error.message, format!("could not open the sealed option \"{option}\" of record \"{record}\""));
        }
    }

    #[test]
    fn a_damaged_value_does_not_open() {
        let ring = ring(&[1]);
        let sealed = ring.seal("r", "o", b"value").expect("sealed");
        let (head, content) = sealed.rsplit_once(':').expect("parts");
        let mut bytes = STANDARD.decode(content).expect("base64");
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            assert_eq!(ring.open("r", "o", &format!("{head}:{}", STANDARD.encode(&bytes))).expect_err("damaged").code, Code::Corrupt);
            bytes[at] ^= 1;
        }
        for text in ["", "plain", "sealed1:x", "sealed2:a:b", &format!("{head}:"), &format!("{head}:AAAA"), &format!("{head}:%")] {
            assert_eq!(ring.open("r", "o", text).expect_err(text).code, Code::Corrupt);
        }
    }

    #[test]
    fn keys_rotate_and_a_missing_one_is_named() {
        let (old, both, new) = (ring(&[1]), ring(&[2, 1]), ring(&[2]));
        let sealed = old.seal("r", "o", b"value").expect("sealed");
        assert_eq!(both.open("r", "o", &sealed).expect("opened").expose(), b"value");
        assert_eq!(key_id_of(&both.seal("r", "o", b"value").expect("sealed")), Some(new.key_id()));
        let error = new.open("r", "o", &sealed).expect_err("unknown key");
        assert_eq!((error.code.sqlstate(), error.message), ("55000", format!("key \"{}\" is not known", old.key_id())));
        assert!(error.hint.expect("a hint").contains(VARIABLE));
    }

    #[test]
    fn the_key_file_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = Keyring::load(folder.path(), None).expect("made");
        let path = folder.path().join(FILE);
        assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o600);
        assert_eq!(Keyring::load(folder.path(), None).expect("read").key_id(), made.key_id());

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("permissions");
        let error = Keyring::load(folder.path(), None).err().expect("refused");
        assert!(error.message.ends_with("can be read by others"), "{}", error.message);
    }

    #[test]
    fn the_variable_wins_and_what_is_no_key_is_not_repeated() {
        let folder = tempfile::tempdir().expect("a folder");
        let given = Keyring::load(folder.path(), Some(&key_text(&[3]))).expect("given");
        assert_eq!(given.key_id(), ring(&[3]).key_id());
        assert!(!folder.path().join(FILE).exists());
        for text in ["", "hunter2", "AAAA"] {
            let error = Keyring::load(folder.path(), Some(&Secret::new(text.to_owned()))).err().expect("refused");
            assert_eq!(error.message, "environment variable METAGATE_KEY does not hold a key");
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }

    fn ring(keys: &[u8]) -> Keyring {
        Keyring::parse(&key_text(keys), "test").expect("keys")
    }

    fn key_text(keys: &[u8]) -> Secret<String> {
        Secret::new(keys.iter().map(|byte| STANDARD.encode([*byte; KEY_BYTES])).collect::<Vec<_>>().join(","))
    }
}

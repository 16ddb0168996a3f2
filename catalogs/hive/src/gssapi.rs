//! The initiator's side of GSSAPI with Kerberos: functions of RFC 2744, and of MIT's `gssapi_ext.h`, by RFC 4121. All unsafe code of the
//! connector is here.
//!
//! The system's library is loaded when the first data source asks for Kerberos, as the client of HDFS does: a machine without such data
//! sources needs none. The bindings that are published as crates want its headers, and libclang, wherever the gateway is built.

use std::ffi::{CString, NulError, c_char, c_int, c_void};
use std::fmt;
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

use crate::kerberos::Identity;

/// MIT's library. The package is `libgssapi-krb5-2` in Debian and `krb5-libs` in Red Hat's systems.
const LIBRARY: &str = "libgssapi_krb5.so.2";

/// The mechanism, 1.2.840.113554.1.2.2 (RFC 4121).
const KERBEROS: &[u8] = b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";

/// A name that is a principal, 1.2.840.113554.1.2.2.1 (RFC 1964).
const PRINCIPAL: &[u8] = b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01";

/// What a context is to do: prove who the server is, too, sign messages, and encrypt them.
const MUTUAL: u32 = 2;
const CONFIDENTIALITY: u32 = 16;
const INTEGRITY: u32 = 32;

/// What a credential is for.
const INITIATE: c_int = 1;
/// As long as the KDC allows.
const INDEFINITE: u32 = u32::MAX;

const COMPLETE: u32 = 0;
const CONTINUE_NEEDED: u32 = 1;
/// The bits of a status that tell of an error, and the error that only the mechanism can tell more of.
const ERRORS: u32 = 0xffff_0000;
const OF_MECHANISM: u32 = 13 << 16;

/// Whose code a text is asked for.
const CODE_OF_GSSAPI: c_int = 1;
const CODE_OF_MECHANISM: c_int = 2;

/// No KDC of the realm answers: `KRB5_KDC_UNREACH` of MIT's `krb5.h`.
const KDC_UNREACHABLE: u32 = (-1_765_328_228_i32).cast_unsigned();

/// Bytes. Those that the library gives are its own, and released by it.
#[repr(C)]
struct Buffer {
    length: usize,
    value: *mut c_void,
}

#[repr(C)]
struct Oid {
    length: u32,
    elements: *mut c_void,
}

#[repr(C)]
struct KeyValue {
    key: *const c_char,
    value: *const c_char,
}

#[repr(C)]
struct KeyValueSet {
    count: u32,
    elements: *const KeyValue,
}

/// A name, a credential or a context.
type Handle = *mut c_void;

macro_rules! library {
    ($($function:ident: ($($argument:ty),*);)*) => {
        /// The functions. Each gives a status, and first takes a place for the mechanism's.
        struct Library {
            $($function: unsafe extern "C" fn(*mut u32, $($argument),*) -> u32,)*
        }

        impl Library {
            fn load() -> Result<Self, libloading::Error> {
                // SAFETY: loading the library has no effect that another thread could see.
                let library = unsafe { libloading::Library::new(LIBRARY) }?;
                // SAFETY: these are the types with which the headers declare the functions.
                let loaded = unsafe { Self { $($function: *library.get(stringify!($function))?,)* } };
                // The functions stay for as long as the process does.
                std::mem::forget(library);
                Ok(loaded)
            }
        }
    };
}

library! {
    gss_import_name: (*const Buffer, *const Oid, *mut Handle);
    gss_acquire_cred_from: (Handle, u32, *const c_void, c_int, *const KeyValueSet, *mut Handle, *mut c_void, *mut u32);
    gss_init_sec_context: (
        Handle, *mut Handle, Handle, *const Oid, u32, u32, *const c_void, *const Buffer, *mut c_void, *mut Buffer, *mut u32, *mut u32
    );
    gss_wrap: (Handle, c_int, u32, *const Buffer, *mut c_int, *mut Buffer);
    gss_unwrap: (Handle, *const Buffer, *mut Buffer, *mut c_int, *mut u32);
    gss_display_status: (u32, c_int, *const Oid, *mut u32, *mut Buffer);
    gss_release_buffer: (*mut Buffer);
    gss_release_name: (*mut Handle);
    gss_release_cred: (*mut Handle);
    gss_delete_sec_context: (*mut Handle, *mut Buffer);
}

/// Why there is no ticket, or a message is none of the context's.
#[derive(Debug)]
pub(crate) struct Failure {
    text: String,
    /// Whether no KDC answers.
    pub(crate) is_unreachable: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self { text, is_unreachable: false }
    }
}

impl From<NulError> for Failure {
    fn from(_: NulError) -> Self {
        "a name has a NUL in it".to_owned().into()
    }
}

/// The context of one login to a service. Its steps ask the KDC, and wait for it.
pub(crate) struct Initiator {
    library: &'static Library,
    service: Handle,
    /// Null where the process itself has tickets.
    credential: Handle,
    /// Null before the first step.
    context: Handle,
}

// SAFETY: the library locks what threads share. What is behind the handles is this value's alone, and only whoever may change it uses it.
unsafe impl Send for Initiator {}

impl Initiator {
    /// Of this identity, or of whom the environment of the gateway's process names, for the service of this principal.
    pub(crate) fn new(identity: Option<&Identity>, service: &str) -> Result<Self, Failure> {
        let library = library()?;
        let mut initiator = Self { library, service: null_mut(), credential: null_mut(), context: null_mut() };
        library.import(service, &mut initiator.service)?;
        if let Some(identity) = identity {
            library.acquire(identity, &mut initiator.credential)?;
        }
        Ok(initiator)
    }

    /// What to tell the service after it said this, which is nothing at first, and whether the context is complete then.
    pub(crate) fn step(&mut self, said: &[u8]) -> Result<(Vec<u8>, bool), Failure> {
        let (said, mut answer) = (borrowed(said), Owned::new(self.library));
        let mechanism = oid(KERBEROS);
        let mut minor = 0;
        // SAFETY: the handles are null or the library's own, buffers and mechanism live until it returns, and null is allowed for the rest.
        let status = unsafe {
            (self.library.gss_init_sec_context)(
                &mut minor,
                self.credential,
                &mut self.context,
                self.service,
                &mechanism,
                MUTUAL | INTEGRITY | CONFIDENTIALITY,
                INDEFINITE,
                null(),
                &said,
                null_mut(),
                &mut answer.buffer,
                null_mut(),
                null_mut(),
            )
        };
        self.library.check(status, minor)?;
        Ok((answer.bytes().to_vec(), status & CONTINUE_NEEDED == 0))
    }

    /// A message of the service's, which nobody has changed.
    pub(crate) fn unwrap(&mut self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        let (message, mut content) = (borrowed(message), Owned::new(self.library));
        let mut minor = 0;
        // SAFETY: as above; the context is complete.
        let status = unsafe { (self.library.gss_unwrap)(&mut minor, self.context, &message, &mut content.buffer, null_mut(), null_mut()) };
        self.library.check(status, minor)?;
        Ok(content.bytes().to_vec())
    }

    /// A message for the service, which will see whether somebody changed it, and if it is encrypted nobody else can read.
    pub(crate) fn wrap(&mut self, content: &[u8], is_encrypted: bool) -> Result<Vec<u8>, Failure> {
        let (content, mut message) = (borrowed(content), Owned::new(self.library));
        let mut minor = 0;
        // SAFETY: as above; the context is complete.
        let status = unsafe {
            (self.library.gss_wrap)(&mut minor, self.context, c_int::from(is_encrypted), 0, &content, null_mut(), &mut message.buffer)
        };
        self.library.check(status, minor)?;
        Ok(message.bytes().to_vec())
    }
}

impl Drop for Initiator {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: the handles are null, which is allowed, or the library's own, and nobody uses them after this.
        unsafe {
            (self.library.gss_delete_sec_context)(&mut minor, &mut self.context, null_mut());
            (self.library.gss_release_cred)(&mut minor, &mut self.credential);
            (self.library.gss_release_name)(&mut minor, &mut self.service);
        }
    }
}

fn library() -> Result<&'static Library, Failure> {
    static LOADED: OnceLock<Result<Library, String>> = OnceLock::new();
    let loaded = LOADED.get_or_init(|| Library::load().map_err(|error| error.to_string()));
    loaded.as_ref().map_err(|problem| format!("the library of Kerberos cannot be loaded on the gateway's machine: {problem}").into())
}

impl Library {
    fn import(&'static self, principal: &str, name: &mut Handle) -> Result<(), Failure> {
        let (text, kind) = (borrowed(principal.as_bytes()), oid(PRINCIPAL));
        let mut minor = 0;
        // SAFETY: text and kind live until the library returns.
        let status = unsafe { (self.gss_import_name)(&mut minor, &text, &kind, name) };
        self.check(status, minor)
    }

    /// Tickets are kept in the identity's own cache, and are asked of the KDC with its keys when there is none that will still be good for
    /// a while.
    fn acquire(&'static self, identity: &Identity, credential: &mut Handle) -> Result<(), Failure> {
        let (keytab, cache) = (CString::new(identity.keytab())?, CString::new(identity.cache("metastore"))?);
        let store = [
            KeyValue { key: c"client_keytab".as_ptr(), value: keytab.as_ptr() },
            KeyValue { key: c"ccache".as_ptr(), value: cache.as_ptr() },
        ];
        let store = KeyValueSet { count: 2, elements: store.as_ptr() };
        let mut name = null_mut();
        self.import(identity.principal(), &mut name)?;
        let mut minor = 0;
        // SAFETY: name and store live until the library returns, the name is released once, and null is allowed for the rest.
        let status = unsafe {
            let status =
                (self.gss_acquire_cred_from)(&mut minor, name, INDEFINITE, null(), INITIATE, &store, credential, null_mut(), null_mut());
            (self.gss_release_name)(&mut 0, &mut name);
            status
        };
        self.check(status, minor)
    }

    fn check(&'static self, status: u32, minor: u32) -> Result<(), Failure> {
        let text = match status & ERRORS {
            COMPLETE => return Ok(()),
            OF_MECHANISM => self.text(minor, CODE_OF_MECHANISM),
            error => format!("{} ({})", self.text(error, CODE_OF_GSSAPI), self.text(minor, CODE_OF_MECHANISM)),
        };
        Err(Failure { text, is_unreachable: minor == KDC_UNREACHABLE })
    }

    /// What a code means. It may have several texts.
    fn text(&'static self, code: u32, whose: c_int) -> String {
        let mechanism = oid(KERBEROS);
        let (mut minor, mut more) = (0, 0);
        let mut texts = Vec::new();
        loop {
            let mut text = Owned::new(self);
            // SAFETY: the mechanism and the places for what is given live until the library returns.
            let status = unsafe { (self.gss_display_status)(&mut minor, code, whose, &mechanism, &mut more, &mut text.buffer) };
            texts.push(String::from_utf8_lossy(text.bytes()).into_owned());
            if status != COMPLETE || more == 0 {
                return texts.join(": ");
            }
        }
    }
}

/// Bytes that the library gives.
struct Owned {
    library: &'static Library,
    buffer: Buffer,
}

impl Owned {
    fn new(library: &'static Library) -> Self {
        Self { library, buffer: Buffer { length: 0, value: null_mut() } }
    }

    fn bytes(&self) -> &[u8] {
        if self.buffer.value.is_null() {
            return &[];
        }
        // SAFETY: the library wrote so many bytes there, and they stay until they are released.
        unsafe { std::slice::from_raw_parts(self.buffer.value.cast(), self.buffer.length) }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: the buffer is empty or the library's, and nobody uses it after this.
        unsafe { (self.library.gss_release_buffer)(&mut 0, &mut self.buffer) };
    }
}

/// Bytes that the library only reads.
fn borrowed(bytes: &[u8]) -> Buffer {
    Buffer { length: bytes.len(), value: bytes.as_ptr().cast_mut().cast() }
}

fn oid(elements: &'static [u8]) -> Oid {
    // They are about ten bytes.
    Oid { length: elements.len() as u32, elements: elements.as_ptr().cast_mut().cast() }
}

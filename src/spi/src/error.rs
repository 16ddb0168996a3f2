//! The one error of metagate.
//!
//! Programs read [`Error::code`], people read the message, its detail and its hint. The message is lower-case and
//! names the object and its kind; detail and hint are sentences. Which SQLSTATE a code becomes is said here and nowhere else.

use std::fmt;
use std::sync::Arc;

/// What went wrong, as a program sees it. [`Code::sqlstate`] is what a PostgreSQL client receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The statement is not SQL that we understand (42601).
    Syntax,
    /// A relation does not exist (42P01).
    UndefinedTable,
    /// A column does not exist (42703).
    UndefinedColumn,
    /// A function or procedure does not exist (42883).
    UndefinedFunction,
    /// A call could mean more than one function or operator (42725).
    AmbiguousFunction,
    /// A parameter is used as values of two types (42P08).
    AmbiguousParameter,
    /// What an expression is cannot be told (42P18).
    IndeterminateType,
    /// Two explicit collations meet (42P21).
    CollationMismatch,
    /// A schema does not exist (3F000).
    UndefinedSchema,
    /// A database does not exist (3D000).
    UndefinedDatabase,
    /// A prepared statement does not exist (26000).
    UndefinedStatement,
    /// A parameter was used that was not given (42P02).
    UndefinedParameter,
    /// A cursor does not exist (34000).
    UndefinedCursor,
    /// Any other named object does not exist (42704).
    UndefinedObject,
    /// A name could mean more than one thing (42702).
    Ambiguous,
    /// A column is used beside aggregates without being grouped by, or an aggregate where none may be (42803).
    Grouping,
    /// A window function where none may be, or a window that cannot be (42P20).
    Windowing,
    /// A query of WITH RECURSIVE that reads itself where it may not (42P19).
    InvalidRecursion,
    /// A reference that may not stand there, such as a position beyond the select list (42P10).
    InvalidReference,
    /// A subquery that must give one row gave more (21000).
    Cardinality,
    /// An object of that name exists (42710).
    AlreadyExists,
    /// A name is given twice in one statement (42712).
    DuplicateAlias,
    /// A column is named twice (42701).
    DuplicateColumn,
    /// A cursor of that name exists (42P03).
    DuplicateCursor,
    /// A prepared statement of that name exists (42P05).
    DuplicateStatement,
    /// Types do not fit (42804).
    DatatypeMismatch,
    /// There is no cast between the two types (42846).
    CannotCast,
    /// A value is not one that the argument, option or setting takes (22023).
    InvalidArgument,
    /// LIMIT is not a number of rows (2201W).
    InvalidRowCount,
    /// OFFSET is not a number of rows (2201X).
    InvalidRowOffset,
    /// A distance of a window frame is negative (22013).
    InvalidFrame,
    /// `ntile` is asked for no bucket (22014).
    InvalidNtile,
    /// `nth_value` is asked for no row (22016).
    InvalidNthValue,
    /// A literal is not of its type's form (22P02).
    InvalidText,
    /// A text is not the name of anything (42602).
    InvalidName,
    /// A name is longer than names can be (42622).
    NameTooLong,
    /// Text is not in the encoding that it should be in (22021).
    InvalidEncoding,
    /// A character that text cannot hold (22P05).
    UntranslatableCharacter,
    /// A value in binary form is not of its type's form (22P03).
    InvalidBinary,
    /// A setting cannot be changed while the gateway runs (55P02).
    FixedSetting,
    /// A number does not fit its type (22003).
    OutOfRange,
    /// NULL where there must be a value (22004).
    NullValue,
    /// A text is longer than its type allows (22001).
    TooLong,
    /// A string of bits is not as long as its type says (22026).
    LengthMismatch,
    /// A row of these values is there already (23505).
    UniqueViolation,
    /// NULL for a column that must have a value (23502).
    NotNullViolation,
    /// A row refers to one that is not there, or is referred to (23503).
    ForeignKeyViolation,
    /// A row does not fulfil a condition of its table or type (23514).
    CheckViolation,
    /// Any other constraint of a table is violated (23000).
    IntegrityViolation,
    /// The object is of a kind that does not allow this (42809).
    WrongObject,
    /// A place that an array or a string of bytes does not have (2202E).
    Subscript,
    /// A division by zero (22012).
    DivisionByZero,
    /// The logarithm of a number that has none (2201E).
    InvalidLogarithm,
    /// A regular expression is not one (2201B).
    InvalidRegularExpression,
    /// An escape string or sequence is not one (22025).
    InvalidEscape,
    /// An escape character stands where it may not (2200C).
    MisplacedEscape,
    /// A part of a text of a negative length (22011).
    InvalidSubstring,
    /// Bounds or a count of buckets that make none (2201G).
    InvalidBuckets,
    /// A character that another encoding does not have (22P05).
    Untranslatable,
    /// A key that comes twice in a JSON object (22030).
    DuplicateJsonKey,
    /// A member that a JSON object does not have (2203A).
    JsonMember,
    /// A JSON value where an array is needed (22039).
    JsonArray,
    /// A JSON value where an object is needed (2203C).
    JsonObject,
    /// A place that is none of a JSON array (22033).
    JsonSubscript,
    /// Several JSON values, or none, where one is needed (22038).
    JsonSingleton,
    /// A JSON value where a number is needed (2203B).
    JsonNumber,
    /// A JSON value that is no number, for a method of numbers (22036).
    JsonNonNumeric,
    /// A root or power that is no real number (2201F).
    InvalidPower,
    /// A date or time is not of its type's form (22007).
    DatetimeFormat,
    /// A date or time that the calendar or its type does not have (22008).
    DatetimeRange,
    /// The displacement of a time zone is out of its range (22009).
    TimeZoneRange,
    /// A field of an interval is out of its range (22015).
    IntervalRange,
    /// The data of a source is not what its format promises (22000).
    BadData,
    /// The wire protocol was violated (08P01).
    Protocol,
    /// The role may not do this (42501).
    Privilege,
    /// A privilege that objects of this kind do not have (0LP01).
    InvalidGrant,
    /// The role may not log in (28000).
    Authorization,
    /// The password is wrong (28P01).
    Password,
    /// Somebody else changed the object first (40001).
    Conflict,
    /// The object is not in a state that allows this (55000).
    WrongState,
    /// The object is in use by others (55006).
    InUse,
    /// Other objects depend on it (2BP01).
    DependentObjects,
    /// The source could not be reached (08001).
    Unreachable,
    /// The connection to the source was lost (08006).
    ConnectionLost,
    /// A file or other storage of a source could not be read or written (58030).
    Io,
    /// The client, or a timeout, cancelled the statement (57014).
    Cancelled,
    /// An administrator, a shutdown or a timeout ended the session (57P01).
    Terminated,
    /// The session was idle in a transaction for too long (25P03).
    IdleInTransaction,
    /// The session was idle for too long (57P05).
    IdleSession,
    /// The gateway cannot serve this at the moment (57P03).
    Unavailable,
    /// Too many connections (53300).
    TooManyConnections,
    /// Memory or spill space is used up (53200).
    OutOfMemory,
    /// The disk is full (53100).
    DiskFull,
    /// A limit of the gateway was reached (54000).
    Limit,
    /// An expression or value is nested too deep (54001).
    StackDepth,
    /// More arguments than a function or operator can have (54023).
    TooManyArguments,
    /// Not supported (0A000).
    Unsupported,
    /// The statement cannot run inside a transaction block (25001).
    ActiveTransaction,
    /// The transaction is aborted (25P02).
    FailedTransaction,
    /// There is no transaction (25P01).
    NoTransaction,
    /// The transaction is read-only (25006).
    ReadOnly,
    /// The savepoint does not exist (3B001).
    UndefinedSavepoint,
    /// Stored data is damaged (XX001).
    Corrupt,
    /// A defect of metagate (XX000).
    Internal,
}

impl Code {
    /// The five characters that a PostgreSQL client receives.
    pub fn sqlstate(self) -> &'static str {
        match self {
            Code::Syntax => "42601",
            Code::UndefinedTable => "42P01",
            Code::UndefinedColumn => "42703",
            Code::UndefinedFunction => "42883",
            Code::AmbiguousFunction => "42725",
            Code::AmbiguousParameter => "42P08",
            Code::IndeterminateType => "42P18",
            Code::CollationMismatch => "42P21",
            Code::UndefinedSchema => "3F000",
            Code::UndefinedDatabase => "3D000",
            Code::UndefinedStatement => "26000",
            Code::UndefinedParameter => "42P02",
            Code::UndefinedCursor => "34000",
            Code::UndefinedObject => "42704",
            Code::Ambiguous => "42702",
            Code::Grouping => "42803",
            Code::Windowing => "42P20",
            Code::InvalidRecursion => "42P19",
            Code::InvalidReference => "42P10",
            Code::Cardinality => "21000",
            Code::AlreadyExists => "42710",
            Code::DuplicateAlias => "42712",
            Code::DuplicateColumn => "42701",
            Code::DuplicateCursor => "42P03",
            Code::DuplicateStatement => "42P05",
            Code::DatatypeMismatch => "42804",
            Code::CannotCast => "42846",
            Code::InvalidArgument => "22023",
            Code::InvalidRowCount => "2201W",
            Code::InvalidRowOffset => "2201X",
            Code::InvalidFrame => "22013",
            Code::InvalidNtile => "22014",
            Code::InvalidNthValue => "22016",
            Code::InvalidText => "22P02",
            Code::InvalidName => "42602",
            Code::NameTooLong => "42622",
            Code::InvalidEncoding => "22021",
            Code::UntranslatableCharacter => "22P05",
            Code::InvalidBinary => "22P03",
            Code::FixedSetting => "55P02",
            Code::OutOfRange => "22003",
            Code::NullValue => "22004",
            Code::TooLong => "22001",
            Code::LengthMismatch => "22026",
            Code::UniqueViolation => "23505",
            Code::NotNullViolation => "23502",
            Code::ForeignKeyViolation => "23503",
            Code::CheckViolation => "23514",
            Code::IntegrityViolation => "23000",
            Code::WrongObject => "42809",
            Code::Subscript => "2202E",
            Code::DivisionByZero => "22012",
            Code::InvalidLogarithm => "2201E",
            Code::InvalidRegularExpression => "2201B",
            Code::InvalidEscape => "22025",
            Code::MisplacedEscape => "2200C",
            Code::InvalidSubstring => "22011",
            Code::InvalidBuckets => "2201G",
            Code::Untranslatable => "22P05",
            Code::DuplicateJsonKey => "22030",
            Code::JsonMember => "2203A",
            Code::JsonArray => "22039",
            Code::JsonObject => "2203C",
            Code::JsonSubscript => "22033",
            Code::JsonSingleton => "22038",
            Code::JsonNumber => "2203B",
            Code::JsonNonNumeric => "22036",
            Code::InvalidPower => "2201F",
            Code::DatetimeFormat => "22007",
            Code::DatetimeRange => "22008",
            Code::TimeZoneRange => "22009",
            Code::IntervalRange => "22015",
            Code::BadData => "22000",
            Code::Protocol => "08P01",
            Code::Privilege => "42501",
            Code::InvalidGrant => "0LP01",
            Code::Authorization => "28000",
            Code::Password => "28P01",
            Code::Conflict => "40001",
            Code::WrongState => "55000",
            Code::InUse => "55006",
            Code::DependentObjects => "2BP01",
            Code::Unreachable => "08001",
            Code::ConnectionLost => "08006",
            Code::Io => "58030",
            Code::Cancelled => "57014",
            Code::Terminated => "57P01",
            Code::IdleInTransaction => "25P03",
            Code::IdleSession => "57P05",
            Code::Unavailable => "57P03",
            Code::TooManyConnections => "53300",
            Code::OutOfMemory => "53200",
            Code::DiskFull => "53100",
            Code::Limit => "54000",
            Code::StackDepth => "54001",
            Code::TooManyArguments => "54023",
            Code::Unsupported => "0A000",
            Code::ActiveTransaction => "25001",
            Code::FailedTransaction => "25P02",
            Code::NoTransaction => "25P01",
            Code::ReadOnly => "25006",
            Code::UndefinedSavepoint => "3B001",
            Code::Corrupt => "XX001",
            Code::Internal => "XX000",
        }
    }
}

/// Whose doing the error is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The client asked for something that cannot be.
    Client,
    /// The gateway itself failed.
    Gateway,
    /// The data source of this name failed.
    Source(String),
}

/// An error with all that a program and a person need to know. Cheap to clone, so that it can be kept as a state.
#[derive(Clone, Debug)]
pub struct Error {
    pub code: Code,
    /// Lower-case, factual, names the object and its kind.
    pub message: String,
    /// What happened, as a sentence.
    pub detail: Option<String>,
    /// What to do next, as a sentence.
    pub hint: Option<String>,
    /// Where in the statement it is, as a character index that starts at 1.
    pub position: Option<usize>,
    pub origin: Origin,
    /// Whether the same call may succeed later without a change.
    pub retryable: bool,
    /// The error of a library, for the log. Never sent to a client: it may name what a client must not see.
    pub cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of the client: what it asked for cannot be.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            detail: None,
            hint: None,
            position: None,
            origin: Origin::Client,
            retryable: false,
            cause: None,
        }
    }

    /// A defect of metagate, or a failure of its own machine.
    pub fn internal(message: impl Into<String>) -> Self {
        Self { origin: Origin::Gateway, ..Self::new(Code::Internal, message) }
    }

    /// An error of a data source: `could not … data source "name"`.
    pub fn source(code: Code, name: &str, message: impl Into<String>) -> Self {
        Self { origin: Origin::Source(name.to_owned()), ..Self::new(code, message) }
    }

    /// `<kind> "<name>" does not exist`.
    pub fn not_found(kind: &str, name: &str) -> Self {
        Self::new(Code::UndefinedObject, format!("{kind} \"{name}\" does not exist"))
    }

    /// `<kind> "<name>" already exists`.
    pub fn exists(kind: &str, name: &str) -> Self {
        Self::new(Code::AlreadyExists, format!("{kind} \"{name}\" already exists"))
    }

    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn position(mut self, position: usize) -> Self {
        self.position = Some(position);
        self
    }

    pub fn origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// The same error for a change that may have been made although nothing came back: making it again may make it twice.
    pub fn in_doubt(self) -> Self {
        Self { retryable: false, ..self }.hint("Whether it was done is not known: look at the data before you do it again.")
    }

    pub fn cause(mut self, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Arc::new(cause));
        self
    }
}

/// The message and its detail. The cause is left out on purpose: printing it is a decision of whoever logs.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// A defect: Arrow is only ever given data of our own making.
impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Error::internal(format!("could not build a batch: {error}"))
    }
}

//! One search for every keyword of every rule. Most texts have few keywords, and only the rules of those are tried.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::programs::PROGRAMS;
use super::{foreign, vendors};

/// The rule to try at a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// The row of the table with this index.
    Vendor(usize),
    /// A word that occurs in names, such as `password`.
    Name,
    /// Words before a recovery phrase.
    Phrase,
    Marker,
    DataUrl,
    Url,
    At,
    Pem,
    Putty,
    Jwt,
    Scheme,
    Manifest,
    Webhook,
    /// A member of JSON Web Keys.
    Jwk,
    /// The beginning of a password hash, after a colon.
    PasswordHash,
    /// Words before a password in quotation marks.
    Quoted,
    /// A part of a link that signs in anyone who opens it.
    Link,
    /// `-u user:password`.
    User,
    /// A flag that implies something about the next string only in an array.
    Argument,
    /// A flag with a password in the next word.
    Command(&'static [u8], bool),
    /// The program of the row with this index.
    Program(usize),
    /// A program that reads a secret from a pipe.
    Reader,
    /// A command that answers a password prompt.
    Sent,
    /// The port in a line of `.pgpass`.
    Pgpass,
    /// The beginning of a private key in base64.
    Key,
    /// The end of a PEM block.
    PemEnd,
    /// A function that takes a user and a password.
    Call,
    /// A query parameter with a secret code: `code=`.
    Query,
    /// The beginning of a password hash in LDAP.
    Hash,
    /// A word for passwords in another language.
    Foreign,
    /// A word for keys and tokens in another language.
    ForeignKey,
    /// The beginning of a Twilio account id.
    Account,
    /// A call or a list that takes private wallet keys.
    Wallet,
    /// A name of files and calls that hold such a key as an array of numbers.
    Numbers,
    /// A command that prints a secret.
    Output,
    /// An SQL statement that lists the names of its values before the values.
    Insert,
}

const NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "passcode",
    "pwd",
    "kennwort",
    "pass",
    "pw",
    "secret",
    "token",
    "tok",
    "key",
    "authorization",
    "auth",
    "cookie",
    "session",
    "sessid",
    "sessionid",
    "sid",
    "sig",
    "signature",
    "otp",
    "credential",
    "credentials",
    "creds",
    "cred",
    "login",
    "jwt",
    "pat",
    "bearer",
    "masterauth",
    "psk",
    "key_base",
];

const OTHERS: &[(&str, Rule)] = &[
    ("mnemonic", Rule::Phrase),
    ("seed phrase", Rule::Phrase),
    ("seed_phrase", Rule::Phrase),
    ("seedphrase", Rule::Phrase),
    ("recovery phrase", Rule::Phrase),
    ("seed words", Rule::Phrase),
    ("secret phrase", Rule::Phrase),
    ("[redacted:", Rule::Marker),
    (";base64,", Rule::DataUrl),
    ("://", Rule::Url),
    (":\\/\\/", Rule::Url),
    ("@", Rule::At),
    ("-----begin", Rule::Pem),
    ("private-lines:", Rule::Putty),
    ("eyj", Rule::Jwt),
    ("bearer ", Rule::Scheme),
    ("basic ", Rule::Scheme),
    ("kind: secret", Rule::Manifest),
    ("webhook", Rule::Webhook),
    ("/hooks/", Rule::Webhook),
    ("kty", Rule::Jwk),
    (":$1$", Rule::PasswordHash),
    (":$5$", Rule::PasswordHash),
    (":$6$", Rule::PasswordHash),
    (":$y$", Rule::PasswordHash),
    (":$2a$", Rule::PasswordHash),
    (":$2b$", Rule::PasswordHash),
    (":$2y$", Rule::PasswordHash),
    (":$apr1$", Rule::PasswordHash),
    (":$$2y$$", Rule::PasswordHash),
    (":$$apr1$$", Rule::PasswordHash),
    (":{sha}", Rule::PasswordHash),
    ("identified by", Rule::Quoted),
    ("identified with", Rule::Quoted),
    ("convertto-securestring", Rule::Quoted),
    ("magic", Rule::Link),
    ("reset-password", Rule::Link),
    ("reset_password", Rule::Link),
    ("password-reset", Rule::Link),
    ("password_reset", Rule::Link),
    ("password/reset", Rule::Link),
    ("verify-email", Rule::Link),
    (" -u ", Rule::User),
    ("--user ", Rule::User),
    ("\"-u\"", Rule::User),
    ("\"--user\"", Rule::User),
    ("\"--proxy-user\"", Rule::User),
    ("\"-p\"", Rule::Argument),
    ("\"-a\"", Rule::Argument),
    ("-----end", Rule::PemEnd),
    ("miie", Rule::Key),
    ("miii", Rule::Key),
    ("miij", Rule::Key),
    ("miic", Rule::Key),
    ("miib", Rule::Key),
    ("miik", Rule::Key),
    ("miip", Rule::Key),
    ("mhcc", Rule::Key),
    ("migh", Rule::Key),
    ("migk", Rule::Key),
    ("mih", Rule::Key),
    ("mc4c", Rule::Key),
    ("mfec", Rule::Key),
    ("b3blbnnzac1rzxktdje", Rule::Key),
    ("ls0tls1crudjtib", Rule::Key),
    ("sudo", Rule::Reader),
    ("chpasswd", Rule::Reader),
    ("--with-token", Rule::Reader),
    ("-stdin", Rule::Reader),
    ("--stdin", Rule::Reader),
    ("--passphrase-fd", Rule::Reader),
    ("cryptsetup", Rule::Reader),
    ("kinit", Rule::Reader),
    ("passwd", Rule::Reader),
    ("secret put", Rule::Reader),
    ("secret set", Rule::Reader),
    ("secret create", Rule::Reader),
    ("login --token", Rule::Reader),
    ("env add", Rule::Reader),
    ("secret-tool", Rule::Reader),
    ("send \"", Rule::Sent),
    ("send -- \"", Rule::Sent),
    ("send '", Rule::Sent),
    ("send {", Rule::Sent),
    ("sendline(", Rule::Sent),
    (":5432:", Rule::Pgpass),
    (":5433:", Rule::Pgpass),
    (":6432:", Rule::Pgpass),
    (":5439:", Rule::Pgpass),
    (":26257:", Rule::Pgpass),
    (":*:", Rule::Pgpass),
    ("auth=(", Rule::Call),
    ("basicauth(", Rule::Call),
    ("digestauth(", Rule::Call),
    (".login(", Rule::Call),
    (".auth(", Rule::Call),
    ("networkcredential(", Rule::Call),
    ("getconnection(", Rule::Call),
    ("basic_auth(", Rule::Call),
    ("setbasicauth(", Rule::Call),
    ("passwordauthentication(", Rule::Call),
    ("plainauth(", Rule::Call),
    ("code=", Rule::Query),
    ("ac", Rule::Account),
    ("wallet(", Rule::Wallet),
    ("privatekeytoaccount(", Rule::Wallet),
    ("privatekeytoaddress(", Rule::Wallet),
    ("from_key(", Rule::Wallet),
    ("fromprivatekey(", Rule::Wallet),
    ("from_private_key(", Rule::Wallet),
    ("signingkey(", Rule::Wallet),
    ("accounts", Rule::Wallet),
    ("id.json", Rule::Numbers),
    ("fromsecretkey(", Rule::Numbers),
    ("keypair", Rule::Numbers),
    ("solana", Rule::Numbers),
    ("echo $", Rule::Output),
    ("printenv ", Rule::Output),
    ("op item get", Rule::Output),
    ("op read", Rule::Output),
    ("bw get password", Rule::Output),
    ("pass show", Rule::Output),
    ("-field=", Rule::Output),
    ("find-generic-password", Rule::Output),
    ("find-internet-password", Rule::Output),
    ("get-secret-value", Rule::Output),
    ("versions access", Rule::Output),
    ("jsonpath", Rule::Output),
    ("print-access-token", Rule::Output),
    ("print-identity-token", Rule::Output),
    ("gh auth token", Rule::Output),
    ("auth:token", Rule::Output),
    ("openssl rand", Rule::Output),
    ("pwgen", Rule::Output),
    ("insert into", Rule::Insert),
    ("/run/secrets/", Rule::Output),
    (".vault-token", Rule::Output),
    ("output -raw", Rule::Output),
    ("config:get", Rule::Output),
    ("tokens create", Rule::Output),
    ("token create", Rule::Output),
    ("create token", Rule::Output),
    ("get-parameter", Rule::Output),
    ("go-template", Rule::Output),
    ("$env:", Rule::Output),
    ("{ssha}", Rule::Hash),
    ("{ssha512}", Rule::Hash),
    ("{crypt}", Rule::Hash),
    ("-pass", Rule::Command(b" pass:", true)),
];

/// The search for all keywords, and the rule of each keyword.
pub(super) struct Keywords {
    search: Option<AhoCorasick>,
    rules: Vec<Rule>,
}

pub(super) static KEYWORDS: LazyLock<Keywords> = LazyLock::new(|| {
    let vendors = vendors::rows()
        .enumerate()
        .flat_map(|(index, row)| row.keywords.split(' ').map(move |word| (word, Rule::Vendor(index))));
    let names = NAMES.iter().map(|name| (*name, Rule::Name));
    let owned = |(word, rule): (&'static str, Rule)| (word.to_owned(), rule);
    let foreign = foreign::WORDS.iter().map(|word| (*word, Rule::Foreign));
    let foreign = foreign.chain(foreign::KEYS.iter().map(|word| (*word, Rule::ForeignKey)));
    // The name of a program can also be an ordinary word, so it must have a space after it, or a quotation mark in
    // an array.
    let programs = PROGRAMS.iter().enumerate().flat_map(|(index, program)| {
        let names = program.names.split('|');
        let ends = |name: &str| -> &[&str] { if name.ends_with(':') { &[""] } else { &[" ", "\""] } };
        names.flat_map(move |name| {
            ends(name).iter().map(move |end| (format!("{name}{end}"), Rule::Program(index)))
        })
    });
    let (words, rules): (Vec<_>, Vec<_>) =
        vendors.chain(names).chain(OTHERS.iter().copied()).chain(foreign).map(owned).chain(programs).unzip();
    // A DFA would be a third faster, but takes ten times as long to build and ten times as much memory.
    let kind = AhoCorasickKind::ContiguousNFA;
    let search = AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(kind)).build(words).ok();
    Keywords { search, rules }
});

impl Keywords {
    /// Whether `text` contains any keyword.
    pub fn any(&self, text: &[u8]) -> bool {
        self.search.as_ref().is_some_and(|search| search.is_match(text))
    }

    /// Every keyword in `text` with its rule and range, ordered by where it ends. One keyword may be part of another.
    pub fn find<'k>(&'k self, text: &'k [u8]) -> impl Iterator<Item = (Rule, usize, usize)> + 'k {
        let found = self.search.iter().flat_map(move |search| search.find_overlapping_iter(text));
        found.map(|hit| (self.rules[hit.pattern().as_usize()], hit.start(), hit.end()))
    }
}

//! One search for every keyword of every rule: most texts have few, and only their rules are tried.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::programs::PROGRAMS;
use super::{foreign, vendors};

/// What is tried where a keyword stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// The row of the table with this index.
    Vendor(usize),
    /// A word of names such as `password`.
    Name,
    /// Words in front of a recovery phrase.
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
    /// What hashes of passwords begin with, after a colon.
    PasswordHash,
    /// Words in front of a password in quotation marks.
    Quoted,
    /// A part of links that sign in whoever has them.
    Link,
    /// `-u user:password`.
    User,
    /// A flag that only in an array says something of what comes next.
    Argument,
    /// A flag with a password in the word behind it.
    Command(&'static [u8], bool),
    /// The program of the row with this index.
    Program(usize),
    /// What reads a secret from a pipe.
    Reader,
    /// What answers a question for a password.
    Sent,
    /// The port of a line of `.pgpass`.
    Pgpass,
    /// What base64 of private keys begins with.
    Key,
    /// The end of a PEM block.
    PemEnd,
    /// A function that takes a user and a password.
    Call,
    /// What a link with a code is asked for: `code=`.
    Query,
    /// What hashes of passwords begin with in LDAP.
    Hash,
    /// A word for passwords in a language that writes names otherwise.
    Foreign,
    /// A word for keys and tokens in such a language.
    ForeignKey,
    /// What ids of accounts of Twilio begin with.
    Account,
    /// A call or a list that takes private keys of wallets.
    Wallet,
    /// What files and calls are named that hold such a key as an array of numbers.
    Numbers,
    /// A command that prints a secret.
    Output,
    /// A statement of SQL whose values have their names before them.
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

/// The search for all keywords, and the rule of each.
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
    // Names of programs are words of other things too: a space follows them, or in an array a quotation mark.
    let programs = PROGRAMS.iter().enumerate().flat_map(|(index, program)| {
        let names = program.names.split('|');
        let ends = |name: &str| -> &[&str] { if name.ends_with(':') { &[""] } else { &[" ", "\""] } };
        names.flat_map(move |name| {
            ends(name).iter().map(move |end| (format!("{name}{end}"), Rule::Program(index)))
        })
    });
    let (words, rules): (Vec<_>, Vec<_>) =
        vendors.chain(names).chain(OTHERS.iter().copied()).chain(foreign).map(owned).chain(programs).unzip();
    // Not a DFA: it is a third faster, but takes ten times as long to build and as much memory.
    let kind = AhoCorasickKind::ContiguousNFA;
    let search = AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(kind)).build(words).ok();
    Keywords { search, rules }
});

impl Keywords {
    /// Whether any keyword stands in `text`.
    pub fn any(&self, text: &[u8]) -> bool {
        self.search.as_ref().is_some_and(|search| search.is_match(text))
    }

    /// Every keyword in `text` with its rule and range, by where they end; one may be part of another.
    pub fn find<'k>(&'k self, text: &'k [u8]) -> impl Iterator<Item = (Rule, usize, usize)> + 'k {
        let found = self.search.iter().flat_map(move |search| search.find_overlapping_iter(text));
        found.map(|hit| (self.rules[hit.pattern().as_usize()], hit.start(), hit.end()))
    }
}

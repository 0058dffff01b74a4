//! Programs that take secrets on their command lines, and where.
//!
//! To add one, add a row; `command_line` reads its words in texts, `arguments` in arrays.

/// Where on a command line a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Take {
    /// The word after a flag, or what follows its `=`.
    Flag(&'static str),
    /// What is attached to a flag, which alone asks for it: `-psecret`.
    Tight(&'static str),
    /// What follows a sign in the word after a flag, or attached to it: `-u user:secret`.
    Pair(&'static str, u8),
    /// The word with this number that is no flag, from the required word on.
    Word(usize),
    /// The word after this one.
    After(&'static str),
    /// `user/secret@where`.
    Slash,
    /// The word with this number, if the flags have this letter.
    Lettered(u8, usize),
    /// The word after a name such as `db.password`.
    Named,
}

use Take::{After, Flag, Lettered, Named, Pair, Slash, Tight, Word};

/// Programs that take secrets in the same places.
#[derive(Debug)]
pub(super) struct Program {
    /// Their names, separated by `|`; some with the word that follows.
    pub names: &'static str,
    /// A word that has to be there, or nothing.
    pub word: &'static str,
    pub takes: &'static [Take],
}

const fn program(names: &'static str, word: &'static str, takes: &'static [Take]) -> Program {
    Program { names, word, takes }
}

pub(super) const PROGRAMS: &[Program] = &[
    program(
        "mysql|mysqldump|mysqladmin|mysqlimport|mysqlsh|mysqlcheck|mysqlslap|mysqlpump|mysqlbinlog|mysqlshow|mariadb|mariadb-dump|mariadb-admin",
        "",
        &[Tight("-p")],
    ),
    program("mysqladmin|mariadb-admin", "password", &[Word(1)]),
    program(
        "mycli|pgcli|mongo|mongosh|mongodump|mongorestore|mongoexport|mongoimport|mongostat|mongotop|cqlsh|cypher-shell|beeline|rabbitmqadmin|arangosh|psexec|psexec64|evil-winrm|crackmapexec|netexec|nxc|hydra|rdesktop|racadm|ncftpput|ncftpget|ncftp|twine|poetry|kcadm.sh|jboss-cli.sh|smbmap|kinit.sh|useradd|usermod",
        "",
        &[Flag("-p")],
    ),
    program("sshpass", "", &[Flag("-p"), Tight("-p")]),
    program("redis-cli|valkey-cli|keydb-cli", "", &[Flag("-a"), After("auth"), After("AUTH")]),
    program(
        "docker|podman|nerdctl|helm|oras|crane|buildah|skopeo|oc|az|cf|argocd|rancher|ibmcloud|tsh|jfrog|jf|regctl|singularity|apptainer",
        "login",
        &[Flag("-p")],
    ),
    program("cf", "auth", &[Word(2)]),
    program(
        "skopeo|podman|buildah",
        "",
        &[Pair("--src-creds", b':'), Pair("--dest-creds", b':'), Pair("--creds", b':')],
    ),
    program(
        "curl|curlie|wget|aria2c",
        "",
        &[
            Pair("-u", b':'),
            Pair("-U", b':'),
            Pair("--user", b':'),
            Pair("--proxy-user", b':'),
            Pair("-E", b':'),
            Pair("--cert", b':'),
            Pair("--proxy-cert", b':'),
        ],
    ),
    program("http|https|xh|xhs", "", &[Pair("-a", b':'), Pair("--auth", b':'), Flag("-A bearer -a")]),
    program("etcdctl|influx|nats", "", &[Pair("--user", b':'), Flag("-password")]),
    program(
        "smbclient|rpcclient|winexe|smbget|wmic|net rpc|net ads",
        "",
        &[Pair("-U", b'%'), Pair("--user", b'%')],
    ),
    program("lftp", "", &[Pair("-u", b',')]),
    program(
        "ldapsearch|ldapadd|ldapmodify|ldapdelete|ldapwhoami|ldapcompare|ldapmodrdn|ldappasswd|ldapexop",
        "",
        &[Flag("-w"), Tight("-w")],
    ),
    program("ldappasswd", "", &[Flag("-s"), Flag("-a")]),
    program("sqlcmd|bcp|osql|go-sqlcmd|ipmitool|mssql-cli", "", &[Flag("-P"), Tight("-P")]),
    program("mosquitto_pub|mosquitto_sub|mosquitto_rr", "", &[Flag("-P")]),
    program("mosquitto_passwd", "", &[Lettered(b'b', 3)]),
    program("htpasswd", "", &[Lettered(b'n', 2), Lettered(b'b', 3)]),
    program("ansible-vault", "encrypt_string", &[Word(1)]),
    program("ssh-keygen", "", &[Flag("-N"), Flag("-P")]),
    program("mc alias set|mc alias s|mc config host add|mcli alias set", "", &[Word(4)]),
    program("aws ssm put-parameter", "SecureString", &[Flag("--value")]),
    program("aws ssm put-parameter", "--type=SecureString", &[Flag("--value")]),
    program("ftp> user|ftp> quote user", "", &[Word(2)]),
    program("qpdf", "--encrypt", &[Word(1), Word(2)]),
    program("dscl", "-passwd", &[Word(2)]),
    program(
        "secret-tool|vercel env|netlify env:set|heroku config:set|firebase functions:config:set",
        "",
        &[],
    ),
    program("netlify env:set|convex env set|eas secret:create|supabase secrets", "", &[Named]),
    program("zip|unzip|zipcloak", "", &[Flag("-P"), Tight("-P")]),
    program("7z|7za|7zz|7zr|rar|unrar", "", &[Tight("-p"), Tight("-hp")]),
    program("openssl", "enc", &[Flag("-k"), Flag("-K")]),
    program("openssl", "passwd", &[Word(1)]),
    program("isql", "", &[Word(3)]),
    program("rabbitmqctl", "add_user", &[Word(2)]),
    program("rabbitmqctl", "change_password", &[Word(2)]),
    program("rabbitmqctl", "authenticate_user", &[Word(2)]),
    program("wpa_passphrase", "", &[Word(2)]),
    program("net user", "", &[Word(2)]),
    program("net use", "", &[Word(2), Word(3)]),
    program("xfreerdp|wfreerdp|freerdp|mstsc|cmdkey", "", &[Tight("/p:"), Tight("/pass:")]),
    program("schtasks", "", &[Flag("/rp"), Flag("/p")]),
    program("sqlplus|sqlldr|sqlcl|impdp|expdp|rman|tnsping|connect|conn|jdbc:oracle:thin:", "", &[Slash]),
    program("db2", "", &[After("using")]),
    program("nmcli", "", &[After("password"), After("wifi-sec.psk"), After("802-11-wireless-security.psk")]),
    program("snmpget|snmpwalk|snmpset|snmpbulkwalk|snmptrap", "", &[Flag("-A"), Flag("-X"), Flag("-c")]),
    program("kubectl|oc", "secret", &[Pair("--from-literal", b'=')]),
    program("gh|wrangler", "secret", &[Flag("-b"), Tight("-b"), Flag("--body")]),
    program("doctl", "auth", &[Flag("-t")]),
    program("snyk|railway|flyctl|ngrok", "auth", &[Word(1)]),
    program("ngrok", "authtoken", &[Word(1)]),
    program("ngrok", "add-authtoken", &[Word(1)]),
    program("cargo|vault|pulumi|snyk|wandb|hf", "login", &[Word(1)]),
    program("gem|dotnet|nuget", "push", &[Flag("--key"), Flag("-k"), Flag("-ApiKey")]),
    program(
        "gpg|gpg2|keytool|jarsigner|apksigner|clickhouse-client|x11vnc|vncviewer|psql|dsadd|svn|pip|npm|terraform|ansible|ansible-playbook|mount|mount.cifs",
        "",
        &[],
    ),
    program(
        "git config|npm config|aws configure|pulumi config|consul kv|poetry config|user-secrets|heroku config|composer config|gcloud config|snowsql|etcdctl put|vault write|vault kv|fly secrets|doctl apps|yarn config|pnpm config|dvc remote|conda config|launchctl setenv|setx|systemctl set-environment|rclone config|rclone obscure|bundle config|pip config",
        "",
        &[Named],
    ),
];

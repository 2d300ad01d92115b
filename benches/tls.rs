//! How long `probe` takes: one MySQL server against sslscan and nmap in the same run, and a thousand endpoints 20 ms away. The
//! thousand are a server within this process that answers as MySQL 9.7 does; the one is real and comes from the lab.
//!
//! `AURORA_AUDIT_LAB_ENV=target/lab/env cargo bench --no-default-features --features collect --bench tls [-- HOST:PORT]`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark speaks on stdout and stops when it cannot go on"
)]

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aurora_audit::model::anchors::built_in;
use tls_parser::{
    TlsExtension, TlsMessage, TlsMessageHandshake, parse_tls_client_hello_extensions, parse_tls_plaintext,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

const BINARY: &str = env!("CARGO_BIN_EXE_aurora-audit");

/// Runs of each tool; the fastest counts.
const RUNS: usize = 5;

const ENDPOINTS: usize = 1000;
const LATENCY: Duration = Duration::from_millis(20);

fn main() {
    let runtime = Runtime::new().unwrap();
    match target() {
        Some(target) => one_server(&runtime, &target),
        None => println!(
            "SKIPPED: one server. Give HOST:PORT of a MySQL server, or AURORA_AUDIT_LAB_ENV of a lab that is up"
        ),
    }
    many_endpoints(&runtime);
}

/// The server that was named, else the first of the lab.
fn target() -> Option<String> {
    if let Some(given) = std::env::args().skip(1).find(|word| !word.starts_with('-')) {
        return Some(given);
    }
    let text = fs::read_to_string(std::env::var("AURORA_AUDIT_LAB_ENV").ok()?).ok()?;
    let routes = text.lines().find_map(|line| line.strip_prefix("CONNECT_TO="))?;
    let parts: Vec<_> = routes.trim_matches('\'').split(' ').next()?.split(':').collect();
    Some(format!("{}:{}", parts.get(2)?, parts.get(3)?))
}

/// What a run of a tool took.
struct Cost {
    wall: Duration,
    cpu: Duration,
    memory: u64,
    output: String,
}

/// Runs a command and measures it.
fn measure(program: &str, args: &[String]) -> Cost {
    let (before, started) = (children_cpu(), Instant::now());
    let mut child = Command::new(program).args(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let id = child.id();
    let watcher = std::thread::spawn(move || {
        let mut most = 0;
        while let Some(now) = peak_memory(id) {
            most = most.max(now);
            std::thread::sleep(Duration::from_millis(5));
        }
        most
    });
    let mut output = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut output).unwrap();
    child.wait().unwrap();
    let wall = started.elapsed();
    Cost { wall, cpu: children_cpu().checked_sub(before).unwrap(), memory: watcher.join().unwrap(), output }
}

/// Processor time of the children that have ended: fields 16 and 17 of `/proc/self/stat`, in hundredths of a second.
fn children_cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = [13, 14].iter().map(|index| fields[*index].parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// Peak resident memory of a process that still runs, in bytes.
fn peak_memory(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}

fn one_server(runtime: &Runtime, target: &str) {
    let (host, port) = target.rsplit_once(':').unwrap();
    println!("{:<22}{:>10}{:>10}{:>13}{:>9}", "tool", "wall ms", "CPU ms", "connections", "ratio");
    let mut reference = None;
    for (tool, program, args) in [
        ("aurora-audit probe", BINARY, vec!["probe", "{}", "--format", "json"]),
        ("sslscan", "sslscan", vec!["--no-colour", "--starttls-mysql", "{}"]),
        ("nmap", "nmap", vec!["-Pn", "-n", "--servicedb", "{db}", "--script", "ssl-enum-ciphers,ssl-cert", "{host}"]),
    ] {
        if tool != "aurora-audit probe" && Command::new(program).arg("--version").output().is_err() {
            println!("{tool:<22}SKIPPED: not installed");
            continue;
        }
        let run = |host: &str, port: &str| {
            // nmap knows how to begin TLS from the port's name alone, and scans what its list of names has.
            let mut services = tempfile::NamedTempFile::new().unwrap();
            writeln!(services, "mysql {port}/tcp 1.0").unwrap();
            let db = services.path().display().to_string();
            let fill = |word: &&str| match *word {
                "{}" => format!("{host}:{port}"),
                "{db}" => db.clone(),
                "{host}" => host.to_owned(),
                word => word.to_owned(),
            };
            measure(program, &args.iter().map(fill).collect::<Vec<_>>())
        };
        let best = (0..RUNS).map(|_| run(host, port)).min_by_key(|cost| cost.wall).unwrap();
        assert!(best.output.contains("TLSv1.3"), "{tool} did not see TLS: {}", best.output);
        let (counted, count) = counting(runtime, target);
        run("127.0.0.1", &counted.to_string());
        let wall = best.wall.as_secs_f64() * 1e3;
        let ratio = wall / *reference.get_or_insert(wall);
        println!("{tool:<22}{wall:>10.1}{:>10}{:>13}{ratio:>9.2}", best.cpu.as_millis(), count.load(Ordering::SeqCst));
    }
}

/// A way to the server that counts connections.
fn counting(runtime: &Runtime, target: &str) -> (u16, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let (port, counter, target) = (listener.local_addr().unwrap().port(), Arc::clone(&count), target.to_owned());
    runtime.spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            let target = target.clone();
            tokio::spawn(async move {
                if let Ok(mut server) = TcpStream::connect(target).await {
                    drop(copy_bidirectional(&mut client, &mut server).await);
                }
            });
        }
    });
    (port, count)
}

fn many_endpoints(runtime: &Runtime) {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = Arc::new(Imitation::new());
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let server = Arc::clone(&server);
            tokio::spawn(async move { drop(server.serve(stream).await) });
        }
    });
    println!("\n{ENDPOINTS} endpoints, each answer after {LATENCY:?}");
    println!("{:<22}{:>10}{:>10}{:>13}{:>9}", "probe", "wall s", "CPU s", "connections", "MB");
    for depth in [&["--light"][..], &[]] {
        let mut args: Vec<String> =
            ["probe", "--format", "json"].iter().chain(depth).map(ToString::to_string).collect();
        args.extend(std::iter::repeat_n(format!("127.0.0.1:{port}"), ENDPOINTS));
        let cost = measure(BINARY, &args);
        let answers: Vec<serde_json::Value> =
            cost.output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(answers.len(), ENDPOINTS);
        assert!(answers.iter().all(|answer| answer["complete"] == true), "{}", answers[0]);
        let connections: i64 = answers.iter().map(|answer| answer["connections"].as_i64().unwrap()).sum();
        let name = if depth.is_empty() { "deep" } else { "light" };
        let (wall, cpu) = (cost.wall.as_secs_f64(), cost.cpu.as_secs_f64());
        println!("{name:<22}{wall:>10.2}{cpu:>10.2}{connections:>13}{:>9}", cost.memory >> 20);
    }
}

/// MySQL 9.7 as far as its handshakes, with a delay before each answer and none of its cryptography.
struct Imitation {
    certificate: Vec<u8>,
}

const SUITES_12: [u16; 8] = [0xc02f, 0xc030, 0xcca8, 0x009e, 0x009f, 0xc09e, 0xc09f, 0xccaa];
const SUITES_13: [u16; 4] = [0x1301, 0x1302, 0x1303, 0x1304];
const GROUPS: [u16; 3] = [23, 24, 25];
/// `rsa_pss_rsae_sha256`: the server has an RSA key and no other.
const RSA: u16 = 0x0804;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

impl Imitation {
    fn new() -> Self {
        Self { certificate: built_in().unwrap().remove(0) }
    }

    async fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        // To connect takes a way there and back, too.
        tokio::time::sleep(LATENCY * 2).await;
        stream.write_all(&greeting()).await?;
        let mut head = [0; 4];
        stream.read_exact(&mut head).await?;
        let mut request = vec![0; usize::from(head[0])];
        stream.read_exact(&mut request).await?;
        let answer = if request[1] & 0x08 == 0 {
            b"\x15\0\0\x02\xff\x15\x04#28000Access denied".to_vec()
        } else {
            let mut hello = vec![0; 5];
            stream.read_exact(&mut hello).await?;
            let length = usize::from(u16::from_be_bytes([hello[3], hello[4]]));
            hello.resize(5 + length, 0);
            stream.read_exact(&mut hello[5..]).await?;
            self.answer(&hello)
        };
        tokio::time::sleep(LATENCY).await;
        stream.write_all(&answer).await?;
        let _until_the_client_leaves = stream.read(&mut [0; 16]).await?;
        Ok(())
    }

    fn answer(&self, bytes: &[u8]) -> Vec<u8> {
        let (_, read) = parse_tls_plaintext(bytes).unwrap();
        let [TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello))] = read.msg.as_slice() else {
            return Vec::new();
        };
        let offered: Vec<u16> = hello.ciphers.iter().map(|suite| suite.0).collect();
        let (_, extensions) = parse_tls_client_hello_extensions(hello.ext.unwrap()).unwrap();
        let (mut groups, mut rsa, mut newest) = (Vec::new(), false, false);
        for extension in extensions {
            match extension {
                TlsExtension::EllipticCurves(list) => groups = list.iter().map(|group| group.0).collect(),
                TlsExtension::SignatureAlgorithms(list) => rsa = list.contains(&RSA),
                TlsExtension::SupportedVersions(_) => newest = true,
                _ => {}
            }
        }
        let first = |own: &[u16], theirs: &[u16]| own.iter().copied().find(|one| theirs.contains(one));
        match (newest, hello.version.0) {
            (true, _) => match (first(&SUITES_13, &offered), first(&GROUPS, &groups), rsa) {
                (Some(suite), Some(group), true) => {
                    let [high, low] = group.to_be_bytes();
                    record(HANDSHAKE, &server_hello(suite, &[0, 43, 0, 2, 3, 4, 0, 51, 0, 4, high, low, 0, 0]))
                }
                _ => record(ALERT, &[2, 40]),
            },
            (false, 0x0303) => match first(&SUITES_12, &offered) {
                Some(suite) => self.flight(suite),
                None => record(ALERT, &[2, 40]),
            },
            _ => record(ALERT, &[2, 70]),
        }
    }

    fn flight(&self, suite: u16) -> Vec<u8> {
        let entry = [&length24(self.certificate.len())[..], &self.certificate].concat();
        let certificates = message(11, &[&length24(entry.len())[..], &entry].concat());
        let exchange =
            if SUITES_12[..3].contains(&suite) { vec![3, 0, 23, 0] } else { [&[1, 0][..], &[0xff; 256]].concat() };
        record(HANDSHAKE, &[server_hello(suite, &[]), certificates, message(12, &exchange), message(14, &[])].concat())
    }
}

fn greeting() -> Vec<u8> {
    let mut payload = b"\x0a9.7.4\0\x08\0\0\0saltsalt\0\xff\xff\xff\x02\0\xff\xdf\x15".to_vec();
    payload.extend([0; 10]);
    payload.extend(b"restofthesalt\0caching_sha2_password\0");
    [&[u8::try_from(payload.len()).unwrap(), 0, 0, 0], payload.as_slice()].concat()
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3], u16::try_from(content.len()).unwrap().to_be_bytes().as_slice(), content].concat()
}

fn length24(length: usize) -> [u8; 3] {
    let [_, a, b, c] = u32::try_from(length).unwrap().to_be_bytes();
    [a, b, c]
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], length24(body.len()).as_slice(), body].concat()
}

fn server_hello(suite: u16, extensions: &[u8]) -> Vec<u8> {
    let [high, low] = suite.to_be_bytes();
    let mut body = [&[3, 3][..], &[7; 32], &[0, high, low, 0]].concat();
    if !extensions.is_empty() {
        body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
        body.extend(extensions);
    }
    message(2, &body)
}

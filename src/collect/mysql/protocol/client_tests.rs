//! Servers that keep to the protocol and servers that do not.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::super::testing::{OK, error, greeting, receive, result, send};
use super::*;
use crate::model::Secret;

const ROOM: usize = 1 << 20;

fn password() -> Credential {
    Credential::Password(Secret::new("hunter2".to_owned()))
}

/// Logs in at a server that answers the response with these packets, one after each thing it hears.
async fn login(
    credential: &Credential,
    plugin: &str,
    answers: Vec<Vec<u8>>,
) -> (Result<Client, Failure>, Vec<Vec<u8>>) {
    let (near, mut far) = duplex(ROOM);
    let hello = Greeting::read(&greeting("8.0.39", 0xdfff_ffff, plugin)).unwrap();
    let server = tokio::spawn(async move {
        let mut heard = Vec::new();
        for (answer, sequence) in answers.into_iter().zip((3..).step_by(2)) {
            heard.extend(receive(&mut far).await);
            send(&mut far, sequence, &[answer]).await;
        }
        heard.extend(receive(&mut far).await);
        heard
    });
    let client = Client::login(Box::new(near), true, &hello, "auditor", credential).await;
    let client = match client {
        Ok(client) => {
            client.quit().await.unwrap();
            Err(Failure::Ended)
        }
        Err(failure) => Err(failure),
    };
    (client, server.await.unwrap())
}

#[tokio::test]
async fn logs_in_by_what_the_server_asks_for() {
    let switch = |plugin: &str| [&[0xfe], plugin.as_bytes(), b"\0otherothersaltsalt20\0"].concat();
    let all = vec![1, 4];
    for (credential, plugin, answers, last) in [
        (password(), "mysql_native_password", vec![OK.to_vec()], None),
        (password(), "caching_sha2_password", vec![all.clone(), OK.to_vec()], Some(&b"hunter2\0"[..])),
        (password(), "caching_sha2_password", vec![switch("mysql_native_password"), OK.to_vec()], None),
        (Credential::Token(Secret::new("t".repeat(1500))), "caching_sha2_password", vec![OK.to_vec()], None),
    ] {
        let (client, heard) = login(&credential, plugin, answers).await;
        assert_eq!(client.err(), Some(Failure::Ended), "{plugin}");
        if let Some(last) = last {
            assert_eq!(heard.get(1).unwrap(), last);
        }
        assert_eq!(heard.last().unwrap(), &[COM_QUIT]);
        assert!(heard.first().unwrap().windows(8).any(|part| part == b"auditor\0"));
    }
}

#[tokio::test]
async fn a_server_gets_no_password_that_it_should_not_see() {
    let switch = |plugin: &str| [&[0xfe], plugin.as_bytes(), b"\0salt"].concat();
    for answers in [
        vec![switch("mysql_clear_password"), OK.to_vec()],
        vec![switch("dialog"), OK.to_vec()],
        vec![vec![0xfe], OK.to_vec()],
        vec![vec![1, 4], OK.to_vec()],
        vec![vec![2], OK.to_vec()],
        vec![vec![], OK.to_vec()],
        vec![vec![0xfe, b'm']; 9],
        vec![switch("caching_sha2_password"); 9],
    ] {
        let (client, heard) = login(&password(), "mysql_native_password", answers.clone()).await;
        assert!(!matches!(client, Err(Failure::Ended)), "{answers:?}");
        assert!(heard.iter().all(|packet| !packet.windows(7).any(|part| part == b"hunter2")), "{answers:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_told() {
    let (client, _) = login(&password(), "mysql_native_password", vec![error(1045, "Access denied")]).await;
    assert_eq!(client.err(), Some(Failure::Server { code: 1045, message: "Access denied".to_owned() }));
}

/// The answers of a server that sends these bytes to the first statement and ends.
async fn ask_one_that_sends(bytes: Vec<u8>) -> Result<Vec<Result<Table, Failure>>, Failure> {
    let (near, far) = duplex(ROOM);
    let server = tokio::spawn(serve(far, bytes));
    let mut client = Client { packets: Packets::new(Box::new(near), 0) };
    let answers = client.query("SELECT 1; SELECT 2").await;
    drop(client);
    server.await.unwrap();
    answers
}

async fn serve(mut far: DuplexStream, bytes: Vec<u8>) {
    receive(&mut far).await;
    let _ = far.write_all(&bytes).await;
}

async fn packets(payloads: &[Vec<u8>]) -> Vec<u8> {
    let (mut near, mut far) = duplex(ROOM);
    send(&mut near, 1, payloads).await;
    drop(near);
    let mut bytes = Vec::new();
    far.read_to_end(&mut bytes).await.unwrap();
    bytes
}

#[tokio::test]
async fn reads_the_answers_to_several_statements() {
    let first = result(&["a", "b"], &[&[Some("1"), None], &[Some(""), Some("x")]], true);
    let second = result(&["c"], &[], false);
    let answers = ask_one_that_sends(packets(&[first, second].concat()).await).await.unwrap();
    let [Ok(one), Ok(two)] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!((one.columns.len(), one.len(), two.columns.len(), two.len()), (2, 2, 1, 0));
    let row = one.iter().next().unwrap();
    assert_eq!((row.get("a"), row.get("b")), (Some("1"), None));
}

#[tokio::test]
async fn an_error_is_the_last_answer() {
    let first = result(&["a"], &[&[Some("1")]], true);
    let bytes = packets(&[first, vec![error(1142, "SELECT command denied")]].concat()).await;
    let answers = ask_one_that_sends(bytes).await.unwrap();
    assert!(matches!(answers.as_slice(), [Ok(_), Err(Failure::Server { code: 1142, .. })]), "{answers:?}");
}

#[tokio::test]
async fn hostile_answers_end_the_session() {
    let columns = async |count: &[u8]| packets(&[count.to_vec()]).await;
    let table = result(&["a"], &[&[Some("1")]], false);
    let whole = packets(&table).await;
    for (what, bytes) in [
        ("2^40 columns", columns(&[0xfe, 0, 0, 0, 0, 0, 1, 0, 0]).await),
        ("columns without end", columns(&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).await),
        ("a local file", columns(b"\xfb/etc/passwd").await),
        ("nothing", Vec::new()),
        ("an empty packet", columns(b"").await),
        ("a packet of 16 MiB", vec![0xff, 0xff, 0xff, 1, 0]),
        ("a wrong number", vec![1, 0, 0, 9, 1]),
        ("a row too wide", packets(&[&table[..3], &[b"\x011\x012".to_vec()]].concat()).await),
        ("a row too narrow", packets(&[&table[..3], &[b"\x09x".to_vec()]].concat()).await),
        ("a definition that lies", packets(&[vec![1], b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f".to_vec()]).await),
        ("gone mid-read", whole[..whole.len() - 7].to_vec()),
    ] {
        let failure = ask_one_that_sends(bytes).await.expect_err(what);
        assert!(!failure.leaves_session(), "{what}: {failure}");
    }
}

#[tokio::test]
async fn rows_without_end_take_bounded_memory() {
    let (near, mut far) = duplex(1 << 16);
    let server = tokio::spawn(async move {
        receive(&mut far).await;
        send(&mut far, 1, &result(&["a"], &[], false)[..3]).await;
        // Short rows: their number is the limit.
        let mut sequence = 4_u8;
        while far.write_all(&[1, 0, 0, sequence, 0xfb]).await.is_ok() {
            sequence = sequence.wrapping_add(1);
        }
    });
    let mut client = Client { packets: Packets::new(Box::new(near), 0) };
    let failure = client.query("SELECT 1").await.unwrap_err();
    drop(client);
    server.await.unwrap();
    assert_eq!(failure.to_string(), "the server sent more rows than it was asked for");
}

#[test]
fn a_user_name_cannot_carry_fields() {
    assert!(response(true, "a\0b", b"", "mysql_native_password").is_err());
    assert!(response(true, "a", &vec![0; 70_000], "mysql_native_password").is_err());
}

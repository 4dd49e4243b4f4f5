//! A socket of ours, and the library's at the other end.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;
use crate::transport::decoder::{MAX_FIRST_BYTES, MAX_LATER_BYTES};

/// Only the runtime knows whether it has room.
impl Wire for DuplexStream {
    fn send_now(&self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

async fn pair(capacity: usize) -> (Socket<DuplexStream>, WebSocketStream<DuplexStream>) {
    let (ours, theirs) = duplex(capacity);
    (Socket::new(ours, &[]), WebSocketStream::from_raw_socket(theirs, Role::Client, None).await)
}

fn frame(n: usize) -> Bytes {
    encode::control(&chat_shared::frame::Control::Reset {
        room: chat_shared::RoomId(uuid::Uuid::nil()),
        head: n as u64,
    })
}

#[tokio::test]
async fn frames_arrive_whole_whatever_fits_at_a_time() {
    for capacity in [1, 7, 100, 100_000] {
        let (mut ours, mut theirs) = pair(capacity).await;
        let sending = tokio::spawn(async move {
            for n in 0..200 {
                ours.feed(frame(n)).await.unwrap();
            }
            ours.flush().await.unwrap();
            ours
        });
        for n in 0..200 {
            let text = theirs.next().await.unwrap().unwrap().into_data();
            assert_eq!(text, frame(n)[2..], "at {capacity} bytes");
        }
        assert_eq!(sending.await.unwrap().outgoing.bytes, 0);
    }
}

#[tokio::test]
async fn what_the_system_takes_in_parts_arrives_whole() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (theirs, ours) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
    let (mut ours, mut theirs) = (Socket::new(ours.unwrap().0, &[]), theirs.unwrap());
    // More than lies between the two: it goes out as the other side reads.
    let large = Bytes::from_iter((0..32 << 20).map(|at: u32| (at % 251) as u8));
    ours.feed(large.clone()).await.unwrap();
    assert!(futures_util::poll!(ours.flush()).is_pending());
    let left = ours.outgoing.bytes;
    assert!(0 < left && left < large.len(), "{left}");
    let mut read = vec![0; large.len()];
    let (flushed, took) = tokio::join!(ours.flush(), theirs.read_exact(&mut read));
    flushed.unwrap();
    took.unwrap();
    assert!(read == large);
    // An end is heard of like everywhere.
    drop(theirs);
    while ours.send(frame(1)).await.is_ok() {}
}

#[tokio::test(start_paused = true)]
async fn only_a_peer_that_takes_nothing_at_all_is_given_up() {
    let (mut ours, theirs) = pair(64).await;
    let mut raw = theirs.into_inner();
    let began = Instant::now();
    let sending = tokio::spawn(async move {
        for n in 0..100 {
            ours.feed(frame(n)).await?;
        }
        ours.flush().await
    });
    // A little every 20 seconds is progress.
    for _ in 0..10 {
        tokio::time::advance(Duration::from_secs(20)).await;
        raw.read_exact(&mut [0; 8]).await.unwrap();
    }
    assert!(!sending.is_finished());
    let error = sending.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(began.elapsed() >= Duration::from_secs(230), "{:?}", began.elapsed());
}

#[tokio::test]
async fn the_protocol_is_answered_by_itself() {
    let (mut ours, mut theirs) = pair(100_000).await;
    theirs.send(Message::Ping(Bytes::from_static(b"are you there"))).await.unwrap();
    theirs.send(Message::text("hello")).await.unwrap();
    assert_eq!(ours.next().await.unwrap().unwrap(), Inbound::Alive);
    assert_eq!(ours.next().await.unwrap().unwrap(), Inbound::Text("hello".into()));
    ours.flush().await.unwrap();
    assert_eq!(theirs.next().await.unwrap().unwrap(), Message::Pong(Bytes::from_static(b"are you there")));
    theirs.close(None).await.unwrap();
    assert!(ours.next().await.is_none());
    ours.flush().await.unwrap();
    assert!(matches!(theirs.next().await, Some(Ok(Message::Close(_)))));
}

#[tokio::test]
async fn violations_are_named_once_and_the_rest_is_not_looked_at() {
    let cases = [
        (Message::binary(vec![0; 10]), ByeReason::BadFrame),
        (Message::text("x".repeat(MAX_FIRST_BYTES + 1)), ByeReason::FrameTooBig),
    ];
    for (message, reason) in cases {
        let (mut ours, mut theirs) = pair(1_000_000).await;
        theirs.send(message).await.unwrap();
        theirs.send(Message::text("and more")).await.unwrap();
        assert_eq!(ours.next().await.unwrap().unwrap(), Inbound::Violation(reason));
        drop(theirs);
        assert!(ours.next().await.is_none());
    }
}

#[tokio::test]
async fn after_hello_nothing_is_lost_and_nothing_large_is_read() {
    for chunk in [1, 2, 5, 64, 4096, 1_000_000] {
        let (theirs, ours) = (duplex(2_000_000), duplex(chunk));
        // What a client sends in one go arrives in pieces of any size.
        let (mut client, mut bytes) = (WebSocketStream::from_raw_socket(theirs.0, Role::Client, None).await, theirs.1);
        let hello = "x".repeat(10_000);
        for message in [
            Message::Ping(Bytes::from_static(b"?")),
            Message::text(hello.clone()),
            Message::Pong(Bytes::new()),
            Message::text("y".repeat(300)),
            Message::text("z".repeat(MAX_LATER_BYTES)),
            Message::text("z".repeat(MAX_LATER_BYTES + 1)),
        ] {
            client.send(message).await.unwrap();
        }
        drop(client);
        let (mut ours, mut far) = (Socket::new(ours.0, &[]), ours.1);
        let (read, ()) = tokio::join!(
            async {
                let mut read = Vec::new();
                while let Some(inbound) = ours.next().await {
                    read.push(inbound.unwrap());
                }
                read
            },
            async {
                tokio::io::copy(&mut bytes, &mut far).await.unwrap();
                far.shutdown().await.unwrap();
            }
        );
        let expected = [
            Inbound::Alive,
            Inbound::Long,
            Inbound::Text(hello),
            Inbound::Alive,
            Inbound::Text("y".repeat(300)),
            Inbound::Text("z".repeat(MAX_LATER_BYTES)),
            Inbound::Violation(ByeReason::FrameTooBig),
        ];
        assert!(read == expected, "in pieces of {chunk}: {} frames", read.len());
    }
}

#[tokio::test]
async fn a_long_hello_is_not_read_before_it_is_asked_for() {
    let (mut ours, theirs) = pair(1_000).await;
    let hello = "x".repeat(200_000);
    let sending = tokio::spawn({
        let (mut theirs, hello) = (theirs, hello.clone());
        async move { theirs.send(Message::text(hello)).await.map(|()| theirs) }
    });
    assert_eq!(ours.next().await.unwrap().unwrap(), Inbound::Long);
    // The other side has brought what lies between the two, and no more.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!sending.is_finished());
    assert!(ours.decoder.held() <= READ_BYTES, "{}", ours.decoder.held());
    assert_eq!(ours.next().await.unwrap().unwrap(), Inbound::Text(hello));
    drop(sending.await.unwrap().unwrap());
}

#[tokio::test]
async fn a_socket_at_rest_holds_no_buffers() {
    let (mut ours, mut theirs) = pair(100_000).await;
    for n in 0..50 {
        ours.feed(frame(n)).await.unwrap();
    }
    ours.flush().await.unwrap();
    theirs.send(Message::text("x".repeat(5000))).await.unwrap();
    ours.next().await.unwrap().unwrap();
    assert!(futures_util::poll!(ours.next()).is_pending());
    assert_eq!((ours.outgoing.others.capacity(), ours.outgoing.bytes), (0, 0));
    assert_eq!(ours.decoder.held(), 0);
    assert!(ours.stall.is_none());
}

//! The way of a message through the server, step by step, so that a regression is seen where it happens: encode, publish,
//! append, write. `cargo bench -p chat-bench`

#![allow(missing_docs, reason = "criterion's macros make public functions")]
#![allow(clippy::unwrap_used, reason = "in a benchmark, the panic is the report")]

use std::hint::black_box;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use chat_server::auth::hash_token;
use chat_server::hub::{Frame, Hub, Publication, Pull, Reader, Text};
use chat_server::store::sqlite::SqliteStore;
use chat_server::store::{Actor, Draft, Observer, RoomRef, Store, TokenHash};
use chat_server::transport::encode;
use chat_server::transport::websocket::{Socket, Wire};
use chat_server::validate::Name;
use chat_shared::{Event, EventKind, RoomId, Seq, Timestamp, UserId};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::Sink as _;
use futures_util::future::try_join_all;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use uuid::Uuid;

const ROOM: RoomId = RoomId(Uuid::from_u128(7));
const USER: UserId = UserId(Uuid::from_u128(1));

/// A message whose frame is as large as those of the whole benchmark.
fn event(seq: Seq) -> Event {
    let kind = EventKind::Posted { body: "x".repeat(73), key: Some("bench-123456789012".into()), reply_to: None };
    Event { kind, room: ROOM, seq, at: Timestamp::from_ms(1_700_000_000_000), by: USER, name: "ann".into() }
}

fn encode_event(criterion: &mut Criterion) {
    let event = event(12_345);
    criterion.bench_function("encode one event", |bencher| bencher.iter(|| encode::event(black_box(&event))));
}

/// Takes the news and everything that is there, as a session does; says how many frames.
fn drain(reader: &mut Reader, batch: &mut Vec<Frame>) -> usize {
    let context = Context::from_waker(Waker::noop());
    let mut count = 0;
    loop {
        let quiet = reader.poll_news(&context).is_pending();
        match reader.pull(batch) {
            Pull::Frames => {
                count += batch.len();
                black_box(&mut *batch).clear();
            }
            Pull::Idle if quiet => return count,
            Pull::Idle => {}
            Pull::Behind { .. } => panic!("the ring is large enough for this"),
        }
    }
}

fn publish(criterion: &mut Criterion) {
    const READERS: u64 = 1_000;
    let bytes = encode::event(&event(1));
    for group in [1u64, 16] {
        let hub = Hub::new();
        let mut readers: Vec<Reader> =
            (0..READERS).map(|_| hub.connect(USER, TokenHash([0; 32]), 0).unwrap()).collect();
        readers.iter_mut().for_each(|reader| reader.subscribe(ROOM, 0, 0));
        let mut batch = Vec::new();
        let mut seq = 0;
        let mut deliver = criterion.benchmark_group("hub: publish to 1,000 readers, and drain");
        deliver.throughput(Throughput::Elements(READERS * group));
        deliver.bench_function(format!("{group} at a time"), |bencher| {
            bencher.iter(|| {
                let publications: Vec<_> = (0..group)
                    .map(|_| {
                        seq += 1;
                        Publication {
                            room: ROOM,
                            frame: Frame { seq, bytes: bytes.clone() },
                            membership: None,
                            text: Text::Of(seq),
                        }
                    })
                    .collect();
                hub.publish(&publications);
                let count: usize = readers.iter_mut().map(|reader| drain(reader, &mut batch)).sum();
                assert_eq!(count as u64, READERS * group);
            });
        });
    }
}

struct Nobody;

impl Observer for Nobody {
    fn committed(&self, _: &[Arc<Event>]) {}
}

fn append(criterion: &mut Criterion) {
    const GROUP: u64 = 64;
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path(), Arc::new(Nobody)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let name = Name::of_user("ann").unwrap_or_else(|_| panic!("it is a valid name"));
    let registered = store.register(name, "!".into(), hash_token("token"), Timestamp::now());
    let user = runtime.block_on(registered).unwrap();
    let mut key = 0u64;
    let mut appending = criterion.benchmark_group("store");
    appending.throughput(Throughput::Elements(GROUP)).sample_size(30);
    appending.bench_function("append 64 messages at once", |bencher| {
        bencher.iter_batched(
            || {
                let draft = |key: u64| Draft {
                    room: RoomRef::Name("general".into()),
                    body: "the quick brown fox jumps over the lazy dog, and nobody is surprised".into(),
                    reply_to: None,
                    key: Some(format!("bench-{key}")),
                    mentions: Vec::new(),
                };
                key += GROUP;
                (key..key + GROUP).map(draft).collect::<Vec<_>>()
            },
            |drafts| {
                let posts = drafts
                    .into_iter()
                    .map(|draft| store.post(Actor { user: user.clone(), at: Timestamp::now() }, draft));
                runtime.block_on(try_join_all(posts)).unwrap()
            },
            BatchSize::SmallInput,
        );
    });
}

/// A peer that takes everything and says nothing.
struct Abyss;

impl Wire for Abyss {
    fn send_now(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
}

impl AsyncRead for Abyss {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl AsyncWrite for Abyss {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(black_box(bytes).len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(black_box(slices).iter().map(|slice| slice.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn write(criterion: &mut Criterion) {
    let frame: Bytes = encode::event(&event(1));
    let mut writing = criterion.benchmark_group("socket: write and flush");
    for count in [1u64, 16] {
        let mut socket = Socket::new(Abyss, &[]);
        let mut context = Context::from_waker(Waker::noop());
        writing.throughput(Throughput::Elements(count));
        writing.bench_function(format!("{count} at a time"), |bencher| {
            bencher.iter(|| {
                let mut socket = Pin::new(&mut socket);
                for _ in 0..count {
                    assert!(socket.as_mut().poll_ready(&mut context).is_ready());
                    socket.as_mut().start_send(frame.clone()).unwrap();
                }
                assert!(socket.as_mut().poll_flush(&mut context).is_ready());
            });
        });
    }
}

criterion_group!(hot_path, encode_event, publish, append, write);
criterion_main!(hot_path);

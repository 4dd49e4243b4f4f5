//! What is measured: names, units, and the targets.

/// Who is to reach the targets.
pub(crate) const OURS: &str = "chat-server";

/// The client, where that is measured.
pub(crate) const CLIENT: &str = "chat-tui";
/// What it is compared with.
pub(crate) const WEECHAT: &str = "weechat";

const FLOOR: &str = "floor";
const NATS: &str = "nats-server";
const TUTORIAL: &str = "Express + Socket.IO";

/// What a value has to stay within.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    /// A fixed value.
    Max(f64),
    /// So many times a value of this run.
    MaxTimes(f64, Quantity, &'static str),
    /// At least that.
    MinTimes(f64, Quantity, &'static str),
    /// So much more than a value of this run.
    MaxPlus(f64, Quantity, &'static str),
}

/// Declares the quantities: variant, figure, name, unit, what ratios compare with, and targets by who has to reach them
/// (`*`: everyone).
macro_rules! quantities {
    ($($variant:ident: $figure:literal, $name:literal, $unit:literal, $base:expr, [$($who:expr => $bound:expr),*];)*) => {
        /// A quantity.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Quantity {
            $($variant,)*
        }

        impl Quantity {
            /// In the table's order.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The figure that it belongs to.
            pub(crate) fn figure(self) -> &'static str {
                match self { $(Self::$variant => $figure,)* }
            }

            /// Its name.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Its unit.
            pub(crate) fn unit(self) -> &'static str {
                match self { $(Self::$variant => $unit,)* }
            }

            /// Whose value ratios compare with.
            pub(crate) fn base(self) -> Option<&'static str> {
                match self { $(Self::$variant => $base,)* }
            }

            /// Its targets, by who has to reach them (`*`: everyone).
            pub(crate) fn bounds(self) -> &'static [(&'static str, Bound)] {
                use Bound::{MinTimes, Max, MaxPlus, MaxTimes};
                // Not every kind of target is in every list.
                let _ = (MinTimes, Max, MaxPlus, MaxTimes);
                match self { $(Self::$variant => &[$(($who, $bound)),*],)* }
            }
        }
    };
}

quantities! {
    FanoutCpu: "fan-out: 1,000 sockets, 50 messages/s", "CPU per delivery", "µs", Some(FLOOR),
        [OURS => MaxTimes(1.2, Self::FanoutCpu, FLOOR), OURS => MaxTimes(0.4, Self::FanoutCpu, TUTORIAL)];
    FanoutP50: "fan-out: 1,000 sockets, 50 messages/s", "delivery latency p50", "ms", Some(FLOOR),
        [OURS => MaxTimes(1.3, Self::FanoutP50, FLOOR)];
    FanoutP99: "fan-out: 1,000 sockets, 50 messages/s", "delivery latency p99", "ms", Some(FLOOR),
        [OURS => MaxTimes(1.3, Self::FanoutP99, FLOOR)];
    SleepersCpu: "the same fan-out, to readers that sleep", "CPU per delivery", "µs", Some(FLOOR),
        [OURS => MaxTimes(1.2, Self::SleepersCpu, FLOOR)];
    SleepersP50: "the same fan-out, to readers that sleep", "delivery latency p50", "ms", Some(FLOOR),
        [OURS => MaxTimes(1.3, Self::SleepersP50, FLOOR)];
    SleepersP99: "the same fan-out, to readers that sleep", "delivery latency p99", "ms", Some(FLOOR),
        [OURS => MaxTimes(1.3, Self::SleepersP99, FLOOR)];
    ClosedRate: "closed loop: 1,000 sockets, 64 publishers", "deliveries", "/s", Some(NATS),
        [OURS => MinTimes(1.0, Self::ClosedRate, NATS), OURS => MinTimes(15.0, Self::ClosedRate, TUTORIAL)];
    ClosedCpu: "closed loop: 1,000 sockets, 64 publishers", "CPU per delivery", "µs", Some(NATS),
        [OURS => Max(0.6)];
    ClosedBusy: "closed loop: 1,000 sockets, 64 publishers", "CPU of the server", "% of a core", None, [];
    Posts: "posting: 1 subscriber, 64 publishers", "posts", "/s", Some(TUTORIAL),
        [OURS => MinTimes(4.0, Self::Posts, TUTORIAL)];
    PostP50: "posting: 1 publisher", "post latency p50", "µs", None,
        [OURS => MaxPlus(150.0, Self::Fdatasync, "this disk")];
    Fdatasync: "posting: 1 publisher", "one fdatasync p50", "µs", None, [];
    IdleMemory: "at rest: 9,000 sockets, 5 rooms each", "memory per connection", "KiB", None, [OURS => Max(4.0)];
    IdleCpu: "at rest: 9,000 sockets, 5 rooms each", "CPU", "% of a core", None, [OURS => Max(0.5)];
    RoomsCpu: "many rooms: 9,000 sockets, 1,000 rooms of 9, one of 9,000", "CPU per delivery", "µs", Some("one room"),
        ["small and large rooms" => MaxTimes(1.3, Self::RoomsCpu, "one room")];
    RoomsP50: "many rooms: 9,000 sockets, 1,000 rooms of 9, one of 9,000", "a busy small room's latency p50", "ms",
        Some("alone"), [];
    RoomsP99: "many rooms: 9,000 sockets, 1,000 rooms of 9, one of 9,000", "a busy small room's latency p99", "ms",
        Some("alone"), ["beside the large room" => MaxTimes(2.0, Self::RoomsP99, "alone")];
    SlowP99: "slow readers: 100 of 1,000 stop at 200 messages/s", "latency p99 of the others", "ms", Some("before"),
        ["meanwhile" => MaxTimes(1.2, Self::SlowP99, "before")];
    SlowMemory: "slow readers: 100 of 1,000 stop at 200 messages/s", "memory growth", "MiB", None,
        ["meanwhile" => Max(16.0)];
    StormTime: "reconnect storm: 5,000 sockets, 100 events behind", "until all have caught up", "s", None, [];
    StormMemory: "reconnect storm: 5,000 sockets, 100 events behind", "peak memory", "MiB", Some("before"),
        ["during the storm" => MaxTimes(2.0, Self::StormMemory, "before")];
    StormPost: "reconnect storm: 5,000 sockets, 100 events behind", "post latency p99", "ms", Some("before"),
        ["during the storm" => Max(50.0)];
    StormSlowest: "reconnect storm: 5,000 sockets, 100 events behind", "slowest post of all storms", "ms", None, [];
    HistoryP99: "history: concurrency 8", "page p99", "ms", None, ["*" => Max(2.0)];
    SearchP99: "search: 100 rooms, concurrency 8", "p99", "ms", None, ["*" => Max(30.0)];
    BootstrapP99: "bootstrap: 200 rooms, concurrency 8", "p99", "ms", None, [OURS => Max(10.0)];
    GrowthPosts: "growth", "posts", "/s", Some("10k messages"),
        ["*" => MinTimes(0.77, Self::GrowthPosts, "10k messages")];
    GrowthPage: "growth", "latest page p50", "ms", Some("10k messages"),
        ["*" => MaxTimes(1.3, Self::GrowthPage, "10k messages")];
    GrowthDisk: "growth", "disk", "MiB", None, [];
    PaintP50: "client: 120x40, in a pty", "post to paint p50", "ms", None, [CLIENT => Max(3.0)];
    PaintP99: "client: 120x40, in a pty", "post to paint p99", "ms", None, [CLIENT => Max(10.0)];
    PaintBytes: "client: 120x40, in a pty", "to the terminal per message, screen full", "bytes", None,
        [CLIENT => Max(2048.0)];
    ClientWakeUps: "client: 120x40, in a pty", "wake-ups at rest, heartbeats included", "/min", None, [CLIENT => Max(8.0)];
    ClientRequests: "client: 120x40, in a pty", "HTTP requests at rest", "/min", None, [CLIENT => Max(0.0)];
    FirstFrameP50: "client: cache of 100,000 messages in 200 rooms", "exec to first frame p50", "ms", None, [];
    FirstFrameP99: "client: cache of 100,000 messages in 200 rooms", "exec to first frame p99", "ms", None,
        [CLIENT => Max(50.0)];
    KeyP50: "client: a room with 100,000 messages, 5,000 of them loaded", "key to paint p50", "ms", None, [];
    KeyP99: "client: a room with 100,000 messages, 5,000 of them loaded", "key to paint p99", "ms", None, ["*" => Max(4.0)];
    ClientMemory: "client: a room with 100,000 messages, 5,000 of them loaded", "memory", "MiB", None,
        [CLIENT => Max(30.0)];
    ResizeWorst: "client: a room with 100,000 messages, 5,000 of them loaded", "slowest frame of 100 resizes in 2 s", "ms", None,
        [CLIENT => Max(50.0)];
    FloodKeyP99: "client: flood, 5,000 messages/s for 10 s", "key to paint p99", "ms", Some(WEECHAT), [CLIENT => Max(20.0)];
    FloodBusy: "client: flood, 5,000 messages/s for 10 s", "CPU", "% of a core", Some(WEECHAT), [CLIENT => Max(100.0)];
    FloodCpu: "client: flood, 5,000 messages/s for 10 s", "CPU per displayed message", "µs", Some(WEECHAT),
        [CLIENT => MaxTimes(0.2, Self::FloodCpu, WEECHAT)];
    FloodBehind: "client: flood, 5,000 messages/s for 10 s", "last message shown after the last post", "ms", Some(WEECHAT), [];
    FloodBytes: "client: flood, 5,000 messages/s for 10 s", "to the terminal per message", "bytes", Some(WEECHAT), [];
}

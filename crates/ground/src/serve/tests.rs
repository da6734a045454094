//! The server as a browser and as an attacker meet it: real sockets, frames fed as a station delivers them.

use super::*;
use crate::clock::utc_ms;
use crate::fed::Feed;
use crate::mission::Mission;
use crate::values::Level;
use futures_util::{SinkExt, StreamExt};
use icd::link::cltu;
use icd::link::command_frame::TcFrame;
use icd::link::cop::Farm;
use icd::link::delivery::{self, Content};
use icd::link::security::Key;
use icd::tc::{self, Report};
use icd::time::{Span, Time};
use icd::tm::Phase;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

fn at(s: f64) -> Time {
    Time::from_utc("2025-06-05T19:15:00").unwrap() + Span::from_s(s)
}

/// A station that delivers, and a server on a free port.
struct Bench {
    ground: Arc<Ground>,
    serving: Serving,
    feed: Feed,
}

impl Bench {
    async fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("frigoris-serve-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let mission = r#"{ "mission": "Test", "planned_touchdown_utc": "2025-06-05T19:17:00",
            "light_time_s": 1.28, "stations": [{ "number": 1, "name": "Goonhilly" }],
            "corridor": [{ "altitude_m": 0, "descent_m_s": 1 }, { "altitude_m": 1000, "descent_m_s": 33 }],
            "timeline": [{ "utc": "2025-06-05T19:17:00", "text": "touchdown" }] }"#;
        let mission = Mission::parse(Path::new("mission.json"), mission.into()).unwrap();
        let ground = Ground::open(crate::Options { archive: folder, mission }).unwrap();
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            hosts: vec!["control.example".into()],
            key: None,
            console: None,
        };
        let serving = listen(&ground, options).await.unwrap();
        let feed = Feed::new(&ground);
        Self { ground, serving, feed }
    }
    fn state(&mut self, t: Time, altitude_m: f64, v_up_m_s: f64) {
        self.feed.state(t, Phase::Terminal, altitude_m, v_up_m_s);
    }
    fn station(&mut self, t: Time, carrier: bool) {
        self.feed.station(t, carrier);
    }
    fn host(&self) -> String {
        self.serving.address.to_string()
    }
    /// One request with these headers; status, head and body.
    async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.serving.address).await.unwrap();
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{text}\r\n{body}").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A server that refuses a long body may close before it has read it all.
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        (status, head.to_ascii_lowercase(), body.to_owned())
    }
    async fn get(&self, path: &str) -> Value {
        let (status, _, body) = self.ask("GET", path, &[("Host", &self.host())], "").await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }
    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.serving.token);
        let headers = [("Host", self.host()), ("Authorization", bearer)];
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let (status, _, text) = self.ask("POST", path, &headers, &body.to_string()).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

type Socket = tokio_tungstenite::WebSocketStream<TcpStream>;

async fn socket(bench: &Bench) -> Socket {
    let stream = TcpStream::connect(bench.serving.address).await.unwrap();
    let address = format!("ws://{}/api/live", bench.host());
    tokio_tungstenite::client_async(address, stream).await.unwrap().0
}

/// Of one for which the system holds little.
async fn narrow_socket(bench: &Bench) -> Socket {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(bench.serving.address).await.unwrap();
    let address = format!("ws://{}/api/live", bench.host());
    tokio_tungstenite::client_async(address, stream).await.unwrap().0
}

/// The next message that has this key, within three seconds.
async fn next(socket: &mut Socket, key: &str) -> Value {
    let wait = async {
        loop {
            let Message::Text(text) = socket.next().await.unwrap().unwrap() else { continue };
            let mut message: Value = serde_json::from_str(&text).unwrap();
            if let Some(found) = message.get_mut(key) {
                return found.take();
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(3), wait).await.expect(key)
}

/// Method, path, headers, expected status.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], u16);

#[tokio::test]
async fn only_the_own_name_the_own_pages_and_the_token_get_through() {
    let bench = Bench::new("guard").await;
    let host = bench.host();
    let port = bench.serving.address.port();
    let own_origin = format!("http://{host}");
    let localhost = format!("localhost:{port}");
    let bearer = format!("Bearer {}", bench.serving.token);
    // One time in sixteen the token ends in 0 itself.
    let other = if bench.serving.token.ends_with('0') { 1 } else { 0 };
    let almost = format!("Bearer {}{other}", &bench.serving.token[..63]);
    let cases: &[Case] = &[
        ("GET", "/api/state", &[("Host", &host)], 200),
        ("GET", "/api/state", &[("Host", &localhost)], 200),
        ("GET", "/api/state", &[("Host", "control.example")], 200),
        // A foreign name that resolves to this machine, and none at all.
        ("GET", "/api/state", &[("Host", "evil.example:4810")], 403),
        ("GET", "/", &[("Host", "evil.example")], 403),
        ("GET", "/api/state", &[("Host", &host), ("Origin", &own_origin)], 200),
        ("GET", "/api/state", &[("Host", &host), ("Origin", "http://evil.example")], 403),
        ("GET", "/api/state", &[("Host", &host), ("Origin", "null")], 403),
        ("GET", "/api/state", &[("Host", &host), ("Sec-Fetch-Site", "cross-site")], 403),
        ("POST", "/api/commands", &[("Host", &host)], 401),
        ("POST", "/api/commands", &[("Host", &host), ("Authorization", "Bearer ")], 401),
        ("POST", "/api/commands", &[("Host", &host), ("Authorization", &almost)], 401),
        ("POST", "/api/procedure/start", &[("Host", &host)], 401),
        ("POST", "/api/alarms/1/acknowledge", &[("Host", &host)], 401),
        ("DELETE", "/api/commands", &[("Host", &host)], 401),
        // The token does not help a foreign page.
        (
            "POST",
            "/api/commands",
            &[("Host", &host), ("Authorization", &bearer), ("Origin", "https://evil.example")],
            403,
        ),
        // Known by host, page and token, the body is read, and it is none.
        ("POST", "/api/commands", &[("Host", &host), ("Authorization", &bearer)], 400),
    ];
    for (method, path, headers, expected) in cases {
        let (status, head, body) = bench.ask(method, path, headers, "").await;
        assert_eq!(status, *expected, "{method} {path} {headers:?}: {body}");
        assert!(head.contains("content-security-policy: default-src 'self'"), "{head}");
        assert!(head.contains("x-content-type-options: nosniff"));
    }
    let journal = std::fs::read_to_string(bench.ground.folder().join("commands.jsonl")).unwrap();
    assert!(journal.lines().filter(|line| line.contains("a token is needed")).count() >= 5);
    assert!(
        journal.contains("asked by a page from elsewhere")
            && !journal.contains(&bench.serving.token)
    );
}

#[tokio::test]
async fn a_page_from_elsewhere_gets_no_live_data() {
    let bench = Bench::new("ws-origin").await;
    for (origin, allowed) in
        [(format!("http://{}", bench.host()), true), ("http://evil.example".into(), false)]
    {
        let stream = TcpStream::connect(bench.serving.address).await.unwrap();
        let mut request = format!("ws://{}/api/live", bench.host()).into_client_request().unwrap();
        request.headers_mut().insert("Origin", origin.parse().unwrap());
        assert_eq!(
            tokio_tungstenite::client_async(request, stream).await.is_ok(),
            allowed,
            "{origin}"
        );
    }
}

#[tokio::test]
async fn a_value_is_in_the_browser_as_it_was_received() {
    let mut bench = Bench::new("latency").await;
    let mut socket = socket(&bench).await;
    let wish = json!({ "subscribe": ["nav.altitude_m", "no.such.key"] }).to_string();
    socket.send(Message::Text(wish.into())).await.unwrap();
    let first = next(&mut socket, "state").await;
    assert_eq!(first["signal"], "waiting");
    for k in 0..40 {
        let altitude_m = 500.0 - f64::from(k);
        bench.state(at(f64::from(k) * 0.1), altitude_m, -10.0);
        loop {
            let values = next(&mut socket, "values").await;
            let seen = values.as_array().unwrap().last().unwrap();
            assert_eq!(seen["key"], "nav.altitude_m");
            if seen["value"] == altitude_m {
                let received = utc_ms(at(f64::from(k) * 0.1) + Span::from_ms(1_280));
                assert!((seen["received"].as_i64().unwrap() - received).abs() <= 1);
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_value_older_than_what_was_told_is_history_and_not_told() {
    let mut bench = Bench::new("late").await;
    let mut socket = socket(&bench).await;
    let wish = json!({ "subscribe": ["nav.altitude_m"] }).to_string();
    socket.send(Message::Text(wish.into())).await.unwrap();
    next(&mut socket, "state").await;
    bench.state(at(10.0), 500.0, -10.0);
    assert_eq!(next(&mut socket, "values").await[0]["value"], 500.0);
    bench.state(at(2.0), 999.0, -10.0);
    // Longer than values are gathered: it would have been told alone.
    tokio::time::sleep(Duration::from_millis(120)).await;
    bench.state(at(11.0), 490.0, -10.0);
    assert_eq!(next(&mut socket, "values").await[0]["value"], 490.0);
    let range = format!("start={}&end={}", utc_ms(at(0.0)), utc_ms(at(20.0)));
    let all = bench.get(&format!("/api/history/nav.altitude_m?{range}")).await;
    assert_eq!(all.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn one_browser_that_does_not_read_is_dropped_and_the_others_are_told_everything() {
    let mut bench = Bench::new("slow").await;
    let keys: Vec<String> = bench.ground.keys().iter().map(|key| key.name.clone()).collect();
    let wish = json!({ "subscribe": keys }).to_string();
    let mut slow = narrow_socket(&bench).await;
    let mut quick = socket(&bench).await;
    for socket in [&mut slow, &mut quick] {
        socket.send(Message::Text(wish.clone().into())).await.unwrap();
    }
    next(&mut quick, "state").await;
    // Many packets at once: `slow` reads none of what comes of them.
    let mut last = Value::Null;
    for k in 0..300 {
        bench.state(at(f64::from(k) * 0.1), 2000.0 - f64::from(k), -10.0);
        if k % 10 == 9 {
            let all = next(&mut quick, "values").await;
            last = all
                .as_array()
                .unwrap()
                .iter()
                .find(|v| v["key"] == "nav.altitude_m")
                .unwrap_or(&last)
                .clone();
        }
    }
    while last["value"] != 1701.0 {
        let all = next(&mut quick, "values").await;
        last = all
            .as_array()
            .unwrap()
            .iter()
            .find(|v| v["key"] == "nav.altitude_m")
            .unwrap_or(&last)
            .clone();
    }
    // More than the system holds for one that does not read, less than the ground does.
    let text = "x".repeat(64 << 10);
    for k in 0..160 {
        let source = format!("ground.test.{k}");
        bench.ground.raise(&source, Level::Yellow, &text);
        while next(&mut quick, "alarm").await["key"] != source {} // the desk has alarms of its own
    }
    tokio::time::sleep(Duration::from_secs(6)).await;
    let end = async { while let Some(Ok(_)) = slow.next().await {} };
    tokio::time::timeout(Duration::from_secs(10), end).await.expect("it is served still");
    bench.state(at(31.0), 1600.0, -10.0);
    while last["value"] != 1600.0 {
        let all = next(&mut quick, "values").await;
        let found = all.as_array().unwrap().iter().find(|v| v["key"] == "nav.altitude_m");
        last = found.unwrap_or(&last).clone();
    }
}

#[tokio::test]
async fn history_state_and_dictionary_say_what_was_received() {
    let mut bench = Bench::new("history").await;
    for k in 0..100 {
        bench.state(at(f64::from(k) * 0.1), 1000.0 - f64::from(k), -20.0);
    }
    bench.station(at(11.2), true);
    let start = utc_ms(at(1.0));
    let end = utc_ms(at(2.0));
    let path =
        format!("/api/history/nav.altitude_m?start={start}&end={end}&strategy=minmax&size=1000");
    let samples = bench.get(&path).await;
    assert_eq!(samples.as_array().unwrap().len(), 11);
    assert_eq!(samples[0]["value"], 990.0);
    assert_eq!(samples[0]["channel"], "real time");
    let newest = bench.get("/api/history/nav.altitude_m?strategy=latest&size=1").await;
    assert_eq!(newest[0]["value"], 901.0);
    let (status, _, _) =
        bench.ask("GET", "/api/history/nav.nothing", &[("Host", &bench.host())], "").await;
    assert_eq!(status, 404);
    tokio::time::sleep(Duration::from_millis(250)).await;
    let state = bench.get("/api/state").await;
    assert_eq!(state["last_state"]["altitude_m"], 901.0);
    assert_eq!(state["status"]["call"], "in flight");
    assert_eq!(state["signal"], "acquired");
    assert_eq!(state["phase"], "terminal descent");
    assert_eq!(state["stations"][0]["name"], "Goonhilly");
    assert_eq!(state["stations"][0]["carrier_locked"], true);
    assert_eq!(state["next"]["text"], "touchdown");
    assert!(state["extrapolated"].is_null());
    let dictionary = bench.get("/api/dictionary").await;
    let parameters = dictionary["parameters"].as_array().unwrap();
    assert_eq!(parameters.len(), bench.ground.keys().len());
    let phase = parameters.iter().find(|p| p["key"] == "phase").unwrap();
    assert_eq!(phase["enumerations"][6]["string"], "terminal descent");
    assert!(dictionary["commands"].as_array().unwrap().iter().any(|c| c["name"] == "divert"));
    assert_eq!(bench.get("/api/mission").await["mission"], "Test");
    assert!(bench.get("/api/status/table").await.as_array().unwrap().len() > 10);
}

#[tokio::test]
async fn a_hazardous_command_takes_two_requests_and_the_wrong_ones_are_refused() {
    let mut bench = Bench::new("two-steps").await;
    let divert = json!({ "name": "divert", "arguments": { "east_m": 50, "north_m": 0 } });
    // Nothing was received yet: there is nobody to command.
    assert_eq!(bench.post("/api/commands", &divert).await.0, 409);
    bench.state(at(0.0), 1000.0, -20.0);
    let mut socket = socket(&bench).await;
    next(&mut socket, "state").await;
    let far = json!({ "name": "divert", "arguments": { "east_m": 5000, "north_m": 0 } });
    let (status, why) = bench.post("/api/commands", &far).await;
    assert_eq!(
        (status, why["error"].as_str().unwrap()),
        (422, "divert: east_m = 5000 m lies outside [-2000, 2000]")
    );
    let (status, waits) = bench.post("/api/commands", &divert).await;
    assert_eq!((status, waits["state"].as_str()), (200, Some("awaiting release")));
    assert!(waits["until"].as_i64().unwrap() > utc_ms(at(25.0)));
    let release = format!("/api/commands/{}/release", waits["id"]);
    assert_eq!(bench.post(&release, &json!({ "confirm": "reboot" })).await.0, 422);
    assert_eq!(bench.post(&release, &json!({})).await.0, 422);
    assert_eq!(
        bench.post("/api/commands/99/release", &json!({ "confirm": "divert" })).await.0,
        404
    );
    let (status, released) = bench.post(&release, &json!({ "confirm": "divert" })).await;
    assert_eq!(status, 200);
    assert_ne!(released["state"], "awaiting release");
    assert_eq!(bench.post(&release, &json!({ "confirm": "divert" })).await.0, 409);
    let told = next(&mut socket, "command").await;
    assert_eq!(told["name"], "divert");
    let all = bench.get("/api/commands").await;
    assert_eq!(all.as_array().unwrap().len(), 1);
    let long = json!({ "name": "x".repeat(20_000) });
    assert_eq!(bench.post("/api/commands", &long).await.0, 413);
}

#[tokio::test]
async fn a_signal_that_stops_is_told_as_lost_with_its_extrapolation_and_the_procedure_runs() {
    let mut bench = Bench::new("lost").await;
    for k in 0..50 {
        let t = f64::from(k) * 0.1;
        bench.state(at(t), 192.0 + 42.0 * (4.9 - t), -42.0 - 1.85 * (4.9 - t));
    }
    bench.station(at(6.18), true);
    let mut socket = socket(&bench).await;
    next(&mut socket, "state").await;
    // Radio silence: the station goes on, second by second.
    for s in 0..20 {
        bench.station(at(6.7 + f64::from(s)), false);
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    let mut state = Value::Null;
    for _ in 0..30 {
        state = next(&mut socket, "state").await;
        if state["status"]["call"] == "lost" {
            break;
        }
    }
    assert_eq!((&state["signal"], &state["status"]["call"]), (&json!("lost"), &json!("lost")));
    assert_eq!(state["last_state"]["altitude_m"], 192.0);
    assert_eq!(state["extrapolated"]["grounded"], true);
    let speed_m_s = state["extrapolated"]["impact"]["speed_m_s"].as_f64().unwrap();
    assert!((speed_m_s - 32.5).abs() < 0.5, "{speed_m_s}");
    assert!(
        state["status"]["evidence"].as_array().unwrap().iter().any(|e| e["id"] == "cannot stop")
    );
    let alarms = bench.get("/api/alarms").await;
    let alarm = alarms.as_array().unwrap().iter().find(|a| a["key"] == "ground.signal").unwrap();
    assert!(
        alarm["text"]
            .as_str()
            .unwrap()
            .starts_with("Signal lost; last contact 2025-06-05T19:15:06")
    );
    let (status, seen) =
        bench.post(&format!("/api/alarms/{}/acknowledge", alarm["id"]), &json!({})).await;
    assert_eq!((status, &seen["acknowledged"]), (200, &json!(true)));
    let (status, procedure) =
        bench.post("/api/procedure/start", &json!({ "automatic": false })).await;
    assert_eq!((status, procedure["state"].as_str()), (200, Some("running")));
    assert_eq!(bench.post("/api/procedure/start", &json!({})).await.0, 409);
    let (_, procedure) = bench.post("/api/procedure/next", &json!({})).await;
    assert_eq!(procedure["step"], 1);
    assert_eq!(bench.post("/api/procedure/stop", &json!({})).await.1["state"], "stopped");
    assert_eq!(bench.post("/api/procedure/jump", &json!({})).await.0, 404);
}

#[tokio::test]
async fn pages_come_with_their_kind_and_nothing_else_comes() {
    let bench = Bench::new("pages").await;
    let host = bench.host();
    for (path, kind) in [
        ("/", "text/html"),
        ("/broadcast", "text/html"),
        ("/console/", "text/html"),
        ("/console/lib/api.js", "text/javascript"),
        ("/console/lib/style.css", "text/css"),
    ] {
        let (status, head, body) = bench.ask("GET", path, &[("Host", &host)], "").await;
        assert_eq!(status, 200, "{path}");
        assert!(head.contains(&format!("content-type: {kind}")), "{head}");
        assert!(!body.is_empty());
    }
    let (status, _, body) = bench
        .ask("GET", "/console/node_modules/openmct/dist/openmct.js", &[("Host", &host)], "")
        .await;
    assert!(status == 404 && body.contains("npm ci"), "{body}");
    for path in ["/console/../Cargo.toml", "/console/package.json", "/uplink.key", "/nothing"] {
        assert_eq!(bench.ask("GET", path, &[("Host", &host)], "").await.0, 404, "{path}");
    }
}

/// Reads the next command that the station is given, over its own connection.
async fn given(stream: &mut TcpStream) -> (u64, Vec<u8>) {
    let mut octets = Vec::new();
    loop {
        let mut some = [0; 4096];
        let n = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut some))
            .await
            .unwrap()
            .unwrap();
        assert!(n > 0);
        octets.extend(&some[..n]);
        // Acknowledgements come on the same connection.
        while octets.starts_with(&delivery::ACKNOWLEDGE)
            && octets.len() >= delivery::ACKNOWLEDGE_OCTETS
        {
            octets.drain(..delivery::ACKNOWLEDGE_OCTETS);
        }
        if let Ok((unit, whole)) = delivery::read(&octets) {
            assert_eq!((unit.content, unit.station), (Content::Command, 1));
            let found = (unit.number, unit.payload.to_vec());
            octets.drain(..whole);
            return found;
        }
    }
}

#[tokio::test]
async fn a_command_goes_to_the_station_and_its_verification_comes_back() {
    let mut bench = Bench::new("round-trip").await;
    let any = "127.0.0.1:0".parse().unwrap();
    let sockets = crate::receive::listen(&bench.ground, any, any).await.unwrap();
    let mut station = TcpStream::connect(sockets.tcp).await.unwrap();
    let (key, mut farm) = (crate::command::key::read_key(&bench.serving.key).unwrap(), Farm::new());
    bench.feed.clcw = farm.clcw();
    for k in 0..3 {
        let unit = bench.feed.state_unit(at(f64::from(k) * 0.1), Phase::OrbitCoast, 100e3, 0.0);
        station.write_all(&unit).await.unwrap();
    }
    for _ in 0..100 {
        if bench.ground.link().stations.iter().any(|s| s.connections > 0 && s.frames_good == 3) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(150)).await;
    let (status, ordered) = bench.post("/api/commands", &json!({ "name": "no_go" })).await;
    assert_eq!(status, 200, "{ordered}");
    let (number, cltu) = given(&mut station).await;
    // What the lander does: code, acceptance, order, report.
    let decoded = cltu::decode(&cltu).unwrap();
    let frame = TcFrame::read(decoded.octets()).unwrap();
    let (_, packet) = frame.open(&Key(key)).unwrap();
    farm.accept(&frame).unwrap();
    let (header, order) = tc::decode(packet).unwrap();
    assert_eq!(order, tc::Order::NoGo);
    bench.feed.clcw = farm.clcw();
    let radiated = bench.feed.unit(Content::Radiated, at(2.0), &number.to_be_bytes());
    station.write_all(&radiated).await.unwrap();
    for report in [Report::Accepted(header), Report::Completed(header)] {
        let unit = bench.feed.report_unit(at(3.5), report);
        station.write_all(&unit).await.unwrap();
    }
    let mut command = Value::Null;
    for _ in 0..150 {
        command = bench.get("/api/commands").await[0].clone();
        if command["state"] == "completed" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let states: Vec<_> = command["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["text"].as_str().unwrap())
        .collect();
    for text in [
        "within the dictionary",
        "radiated",
        "the lander's receiver has it",
        "accepted on board",
        "completed on board",
    ] {
        assert!(states.contains(&text), "{text}: {states:?}");
    }
}

use okx_fast_core::sign::Signer;
use serde_json::{Value, json};

use super::{PEER, Rig};
use crate::exchange::Exchange;
use crate::exchange::config::Config;
use crate::exchange::io::{HttpRequest, Input};

fn without(mut request: HttpRequest, name: &str) -> HttpRequest {
    request.headers.retain(|(key, _)| key != name);
    request
}

fn with(request: HttpRequest, name: &str, value: &str) -> HttpRequest {
    let mut request = without(request, name);
    request.headers.push((name.to_owned(), value.to_owned()));
    request
}

/// A request whose signature fits whatever else was changed about it.
fn resigned(mut request: HttpRequest, secret: &str) -> HttpRequest {
    let timestamp = request.header("ok-access-timestamp").unwrap_or_default().to_owned();
    let parts = [timestamp.as_bytes(), request.method.as_bytes(), request.target.as_bytes(), &request.body];
    let sign = Signer::new(secret.as_bytes()).sign(&parts).as_str().to_owned();
    request = with(request, "ok-access-sign", &sign);
    request
}

const TARGET: &str = "/api/v5/trade/orders-pending?ordType=limit%2Cpost_only";

fn keys() -> Value {
    let key = |name: &str, perm: &str, ip: &str| json!({"apiKey": name, "secretKey": "sim-secret", "passphrase": "sim-pass", "perm": perm, "ip": ip});
    json!({"accounts": [{"label": "main", "balances": {"USDT": "1000"}, "keys": [
        key("sim-key", "read_only,trade", ""),
        key("reader", "read_only", ""),
        key("elsewhere", "trade", "10.0.0.1,10.0.0.2"),
        key("here", "trade", "10.0.0.1,127.0.0.1"),
        {"apiKey": "demo", "secretKey": "sim-secret", "passphrase": "sim-pass", "demo": true},
    ]}]})
}

#[test]
fn every_header_that_is_wrong_has_its_own_code() {
    let mut rig = Rig::new(&keys());
    let good = rig.request("GET", TARGET, "");
    let at = |off| rig.timestamp(off);
    let table = [
        ("as it should be", good.clone(), 200, "0"),
        ("no key", without(good.clone(), "ok-access-key"), 401, "50103"),
        ("empty key", with(good.clone(), "ok-access-key", ""), 401, "50103"),
        ("no passphrase", without(good.clone(), "ok-access-passphrase"), 401, "50104"),
        ("wrong passphrase", with(good.clone(), "ok-access-passphrase", "other"), 401, "50105"),
        ("no sign", without(good.clone(), "ok-access-sign"), 401, "50106"),
        ("no timestamp", without(good.clone(), "ok-access-timestamp"), 401, "50107"),
        ("a key that cannot be", with(good.clone(), "ok-access-key", "nobody"), 401, "50111"),
        ("a key of another site", with(good.clone(), "ok-access-key", "4c221cda-0c0d-45d1-9f55-1a8dc4bcd0a6"), 401, "50119"),
        ("no ISO time", with(good.clone(), "ok-access-timestamp", "1795305600"), 401, "50112"),
        ("29 s late", resigned(with(good.clone(), "ok-access-timestamp", &at(-29_000)), "sim-secret"), 200, "0"),
        ("31 s late", resigned(with(good.clone(), "ok-access-timestamp", &at(-31_000)), "sim-secret"), 401, "50102"),
        ("31 s early", resigned(with(good.clone(), "ok-access-timestamp", &at(31_000)), "sim-secret"), 401, "50102"),
        ("wrong secret", resigned(good.clone(), "other-secret"), 401, "50113"),
        (
            "signed otherwise encoded",
            HttpRequest { target: "/api/v5/trade/orders-pending?ordType=limit,post_only".into(), ..good.clone() },
            401,
            "50113",
        ),
        ("live key, demo header", with(good.clone(), "x-simulated-trading", "1"), 401, "50101"),
        ("demo key, no header", with(good.clone(), "ok-access-key", "demo"), 401, "50101"),
        ("demo key and header", with(with(good.clone(), "ok-access-key", "demo"), "x-simulated-trading", "1"), 200, "0"),
        ("another address", with(good.clone(), "ok-access-key", "elsewhere"), 401, "50110"),
        ("a listed address", with(good.clone(), "ok-access-key", "here"), 200, "0"),
    ];
    for (what, request, status, code) in table {
        let (got, body) = rig.send(request);
        assert_eq!((got, body["code"].as_str()), (status, Some(code)), "{what}: {body}");
    }
    let order = rig.request("POST", "/api/v5/trade/order", r#"{"instId":"BTC-USDT"}"#);
    let (status, body) = rig.send(with(order, "ok-access-key", "reader"));
    assert_eq!((status, body["code"].as_str()), (200, Some("50120")), "{body}");
}

#[test]
fn bodies_and_paths_have_their_codes() {
    let mut rig = Rig::new(&json!({}));
    let order = "/api/v5/trade/order";
    let post = |rig: &Rig, body: &str| rig.request("POST", order, body);
    let table = [
        ("no body", post(&rig, ""), 400, "50000"),
        ("white space", post(&rig, " \n"), 400, "50000"),
        ("no JSON", post(&rig, "{"), 400, "50002"),
        ("an array for one order", post(&rig, "[]"), 400, "50002"),
        ("a number", post(&rig, "1"), 400, "50002"),
        ("deep nesting", post(&rig, &"[".repeat(10_000)), 400, "50002"),
        ("a form", with(post(&rig, "{}"), "content-type", "application/x-www-form-urlencoded"), 400, "50006"),
        ("an order for a batch", rig.request("POST", "/api/v5/trade/batch-orders", "{}"), 400, "50002"),
        ("numbers for orders", rig.request("POST", "/api/v5/trade/batch-orders", "[1]"), 400, "50002"),
        ("another method", rig.request("DELETE", order, ""), 405, "50115"),
        ("not simulated", rig.request("POST", "/api/v5/sprd/order", "{}"), 200, "50062"),
    ];
    for (what, request, status, code) in table {
        let (got, body) = rig.send(request);
        assert_eq!((got, body["code"].as_str()), (status, Some(code)), "{what}: {body}");
    }
    for target in ["/api/v5/public/tim", "/", "/api/v5/", "/api/v4/public/time"] {
        let (status, body) = rig.signed("GET", target, "");
        assert_eq!((status, &body["code"], &body["msg"]), (404, &json!(404), &json!("Not Found")), "{target}");
    }
}

#[test]
fn content_types_of_real_clients_are_taken() {
    let mut rig = Rig::new(&json!({}));
    for media in ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"] {
        let (_, body) = rig.send(with(rig.request("POST", "/api/v5/trade/order", "{}"), "content-type", media));
        assert_ne!(body["code"], "50006", "{media}");
    }
    let (_, body) = rig.send(without(rig.request("POST", "/api/v5/trade/order", "{}"), "content-type"));
    assert_ne!(body["code"], "50006");
}

#[test]
fn a_base_path_may_be_signed_or_not() {
    let mut rig = Rig::new(&json!({}));
    let mut request = rig.request("GET", TARGET, "");
    request.target = format!("/mirror{TARGET}");
    assert_eq!(rig.send(request.clone()).0, 200);
    assert_eq!(rig.send(resigned(request, "sim-secret")).0, 200);
}

#[test]
fn a_deadline_that_has_passed_places_nothing() {
    let mut rig = Rig::new(&json!({}));
    let order = |rig: &Rig, deadline: &str| with(rig.request("POST", "/api/v5/trade/order", "{}"), "exptime", deadline);
    let now = rig.at / 1_000_000;
    let early = order(&rig, &(now - 1).to_string());
    let (_, body) = rig.send(early);
    assert_eq!(body["code"], "50036");
    let wrong = order(&rig, "soon");
    assert_eq!(rig.send(wrong).1["code"], "51000");
    let late = order(&rig, &(now + 1000).to_string());
    assert!(!["50036", "50037"].contains(&rig.send(late).1["code"].as_str().unwrap_or_default()));
}

#[test]
fn the_coverage_names_every_endpoint_channel_and_operation_once() {
    let rig = Rig::new(&json!({}));
    let coverage: Value = serde_json::from_str(&rig.exchange.gate.coverage()).unwrap();
    for (group, simulated, all) in [("rest", 60, 521), ("channels", 25, 60), ("operations", 7, 11)] {
        let names = |kind: &str| coverage[group][kind].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>();
        let mut every = [names("simulated"), names("refused")].concat();
        let count = every.len();
        every.sort_unstable();
        every.dedup();
        assert_eq!(every.len(), count, "{group}");
        assert!(names("simulated").len() >= simulated && count >= all, "{group}: {} of {count}", names("simulated").len());
        eprintln!("{group}: {:?}", names("simulated"));
    }
}

/// Requests with signatures from the tests of another client: `OKX_FAST_CAPTURES`, or the folder beside the project.
#[test]
fn signatures_of_another_client_hold() {
    let folder = std::env::var_os("OKX_FAST_CAPTURES")
        .map_or_else(|| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/captures"), Into::into);
    let Ok(lines) = std::fs::read_to_string(folder.join("requests.jsonl")) else {
        eprintln!("SKIPPED: no recorded requests at {}", folder.display());
        return;
    };
    let mut checked = 0;
    for line in lines.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| vector[name].as_str().unwrap_or_default().to_owned();
        if text("sign").is_empty() || vector.get("body").is_some() {
            continue;
        }
        let key = json!({"apiKey": text("key"), "secretKey": text("secret"), "passphrase": text("passphrase")});
        let config = json!({"clock": "virtual", "start": text("timestamp"), "limits": 0, "accounts": [{"label": "main", "keys": [key]}]});
        let mut exchange = Exchange::new(Config::from_json(&config.to_string()).unwrap(), 0).unwrap();
        let query = if text("query").is_empty() { String::new() } else { format!("?{}", text("query")) };
        let headers = [("key", "key"), ("sign", "sign"), ("timestamp", "timestamp"), ("passphrase", "passphrase")];
        let headers = headers.map(|(name, field)| (format!("ok-access-{name}"), text(field))).to_vec();
        let target = format!("{}{query}", text("path"));
        let request = HttpRequest { method: text("method"), target: target.clone(), headers, body: Vec::new() };
        let asked = crate::exchange::gate::auth::rest(exchange.world(), &request, PEER);
        assert!(asked.is_ok(), "{target}: {asked:?}");
        exchange.handle(exchange.now(), &Input::Http { conn: 1, peer: PEER, request });
        checked += 1;
    }
    eprintln!("{checked} signatures");
    assert!(checked > 0);
}

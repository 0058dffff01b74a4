//! Measures the delivery of one event to many subscriptions of a connection.

use crate::Outcome;
use crate::bench::Bench;
use crate::child;
use crate::driver::{Driver, result_id, shown};
use crate::figures::{Aim, Figure, Unit};
use crate::home::{Home, Thread};
use crate::rounds::{Rounds, each};

const SUBSCRIPTIONS: usize = 1_000;
const EVENTS: usize = 100;

pub fn figures(bench: &Bench) -> Outcome<Vec<Figure>> {
    let home = Home::new()?;
    let mut server = home.relaxed_server()?;
    let thread = Thread::new(&mut server)?;
    let message = thread.message();
    let answer = String::from_utf8(server.call("event/append", &message)?.to_vec())?;
    let body = answer.split_once(r#""event":"#).and_then(|(_, rest)| rest.strip_suffix("}}"));
    let body = body.ok_or_else(|| format!("no event in {answer}"))?;
    let mut splice = Driver::spawn(&mut child::splice(SUBSCRIPTIONS, body)?)?;
    for _ in 0..SUBSCRIPTIONS {
        server.call("event/subscribe", &format!(r#"{{"thread_id":"{}"}}"#, thread.0))?;
    }
    let floor = || {
        each(EVENTS, |_| {
            splice.write(b"\n")?;
            (0..SUBSCRIPTIONS).try_for_each(|_| told(splice.line()?))
        })
    };
    let figure = || {
        each(EVENTS, |_| {
            let id = server.send("event/append", &message)?;
            let (mut is_answered, mut events) = (false, 0);
            while !is_answered || events < SUBSCRIPTIONS {
                let line = server.line()?;
                match result_id(line) {
                    Some(found) if found == id => is_answered = true,
                    _ => {
                        told(line)?;
                        events += 1;
                    }
                }
            }
            Ok(())
        })
    };
    let rounds = Rounds::run(bench.rounds, floor, figure)?;
    let name = format!("one event to {SUBSCRIPTIONS} subscriptions");
    Ok(vec![Figure::against(name, Unit::Seconds, &rounds, Aim::AtMost(3.0))])
}

fn told(line: &[u8]) -> Outcome<()> {
    if !line.starts_with(br#"{"jsonrpc":"2.0","method":"event/appended","#) {
        return Err(format!("not an event: {}", shown(line)).into());
    }
    Ok(())
}

//! Clients that take their time: slow headers, slow bodies, answers that nobody takes, connections on which nothing is
//! asked. Others are served meanwhile, and each such connection ends.

use std::time::{Duration, Instant};

use sqlx::ConnectOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::cluster;
use crate::embedded::Place;
use crate::serve::Served;
use crate::stress::say;

/// Everything a slow client may have.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy)]
enum Slow {
    Header,
    Body,
    Read,
    Idle,
}

async fn connect(address: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    // So that what nobody takes soon fills everything on the way.
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(address.parse().unwrap()).await.unwrap()
}

/// Plays a slow client until the server ends the connection, and says how long that took.
async fn play(address: String, slow: Slow) -> Duration {
    let mut stream = connect(&address).await;
    let begin = Instant::now();
    let host = format!("Host: {address}\r\n");
    match slow {
        Slow::Header => drop(stream.write_all(b"GET /anmelden HTTP/1.1\r\n").await),
        Slow::Body => {
            let head = format!(
                "POST /anmelden HTTP/1.1\r\n{host}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\n"
            );
            drop(stream.write_all(head.as_bytes()).await);
        }
        Slow::Read => {
            let ask = format!("GET /openapi.json HTTP/1.1\r\n{host}\r\n").repeat(40);
            drop(stream.write_all(ask.as_bytes()).await);
            // Takes nothing for as long as the server may wait.
            tokio::time::sleep(Duration::from_secs(24)).await;
        }
        Slow::Idle => {
            let ask = format!("GET /health/live HTTP/1.1\r\n{host}\r\n");
            drop(stream.write_all(ask.as_bytes()).await);
        }
    }
    let mut drip = tokio::time::interval(Duration::from_secs(1));
    let mut taken = vec![0; 65_536];
    loop {
        tokio::select! {
            read = stream.read(&mut taken) => match read {
                Ok(0) | Err(_) => return begin.elapsed(),
                Ok(_) => {}
            },
            _ = drip.tick() => {
                let byte: &[u8] = match slow {
                    Slow::Header => b"X",
                    Slow::Body => b"a",
                    Slow::Read | Slow::Idle => continue,
                };
                if stream.write_all(byte).await.is_err() {
                    return begin.elapsed();
                }
            }
        }
        if Duration::from_secs(60) < begin.elapsed() {
            return begin.elapsed();
        }
    }
}

async fn slow_clients(sockets: usize) {
    let place = Place::ready();
    let database = cluster::fresh_database().await;
    let served = Served::start(&[
        ("ABRUF_DATA_DIR", place.data.to_str().unwrap()),
        ("DATABASE_URL", cluster::app_options(&database.name).to_url_lossy().as_str()),
        ("DATABASE_OWNER_URL", cluster::owner_options(&database.name).to_url_lossy().as_str()),
    ])
    .await;
    let kinds = [Slow::Header, Slow::Body, Slow::Read, Slow::Idle];
    let clients: Vec<_> = (0..sockets)
        .map(|at| {
            let slow = kinds[at % kinds.len()];
            (slow, tokio::spawn(play(served.address.clone(), slow)))
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;

    let client = reqwest::Client::new();
    let mut times = Vec::new();
    for _ in 0..100 {
        let begin = Instant::now();
        let answer = client.get(format!("http://{}/health/ready", served.address)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        times.push(begin.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    times.sort();
    let worst = times[98];
    assert!(worst <= Duration::from_millis(500), "health p99 {worst:?}");
    let mut longest = Duration::ZERO;
    for (slow, client) in clients {
        let took = client.await.unwrap();
        assert!(took <= PATIENCE, "{slow:?} was let wait {took:?}");
        longest = longest.max(took);
    }
    say(&format!("slow clients: {sockets} sockets, health p99 {worst:?}, the last one closed after {longest:.1?}"));
    served.stop();
}

#[tokio::test]
async fn a_hundred_slow_clients_stop_nobody_and_are_ended() {
    slow_clients(100).await;
}

#[tokio::test]
#[ignore = "long: 500 sockets"]
async fn five_hundred_slow_clients_stop_nobody_and_are_ended() {
    slow_clients(500).await;
}

//! Servers that fail: each failure has its words for the guest, and none is the server's own.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn what_a_server_says_is_told_in_words_of_our_own() {
    for (answer, told) in [
        ("-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", "something else is where"),
        ("-ERR Error running script (call to f_1): @user_script:9: WRONGTYPE Operation\r\n", "something else is where"),
        ("-OOM command not allowed when used memory > 'maxmemory'.\r\n", "has no memory left"),
        (
            "-ERR Error running script (call to f_1): @user_script: 9: -OOM command not allowed\r\n",
            "has no memory left",
        ),
        ("-LOADING Redis is loading the dataset in memory\r\n", "not ready yet; try again"),
        ("-BUSY Redis is busy running a script\r\n", "not ready yet; try again"),
        ("-MASTERDOWN Link with MASTER is down\r\n", "not ready yet; try again"),
        ("-READONLY You can't write against a read only replica.\r\n", "takes no changes now"),
        ("-ERR Error running script (call to f_1): @user_script: 9: -READONLY You can't\r\n", "takes no changes now"),
        ("-MISCONF Redis is configured to save RDB snapshots\r\n", "takes no changes now"),
        ("-NOPERM this user has no permissions to run the 'evalsha' command\r\n", "does not let this host do that"),
        ("-NOAUTH Authentication required.\r\n", "does not let this host in"),
        ("-MOVED 3999 10.0.0.1:6381\r\n", "does not answer"),
        ("-ERR unknown command `EVALSHA`, with args beginning with: `hunter2`\r\n", "does not answer"),
        // Answers that are none of a script's.
        ("+OK\r\n", "does not answer"),
        (":1\r\n", "does not answer"),
        ("*0\r\n", "does not answer"),
        ("*2\r\n$4\r\nwhat\r\n*0\r\n", "does not answer"),
        ("*2\r\n$4\r\ndone\r\n*0\r\n", "something else is where"),
        ("*2\r\n$4\r\ndone\r\n*1\r\n$3\r\nabc\r\n", "something else is where"),
        ("*2\r\n$4\r\ndone\r\n*1\r\n$16\r\n0123456789abcdeX\r\n", "something else is where"),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "does not answer"),
        ("\u{1}\u{2}\u{3}\r\n", "does not answer"),
    ] {
        let standing = StandIn::saying(answer).await;
        let error = get(&standing.line()).await.expect_err(answer).to_string();
        assert!(error.contains(told) && !error.contains("hunter"), "{answer}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_told_and_found_again_when_it_is_back() {
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = gone.local_addr().expect("an address");
    drop(gone);
    assert_eq!(get(&server(local(address.port()), None, Patience::USUAL)).await, Err(Trouble::Broken));

    // One answer, and it hangs up; the next asks by a new connection.
    let hangs_up = StandIn::answering(|words| match words[0].as_str() {
        "EVALSHA" => (words[7] == "k").then(|| "*2\r\n$4\r\ndone\r\n*1\r\n$-1\r\n".to_owned()),
        _ => Some("+OK\r\n".to_owned()),
    })
    .await;
    let line = hangs_up.line();
    for connections in 1..=3 {
        assert_eq!(get(&line).await, Ok(None));
        assert_eq!(get(&line).await, Ok(None));
        assert_eq!(hangs_up.accepted(), connections);
        assert_eq!(line.get(&place(), "other".to_owned()).await, Err(Trouble::Broken));
    }
}

#[tokio::test]
async fn all_that_is_under_way_shares_one_connection() {
    let standing = StandIn::saying("*2\r\n$4\r\ndone\r\n*1\r\n$-1\r\n").await;
    let line = standing.line();
    for found in futures::future::join_all((0..100).map(|_| get(&line))).await {
        assert_eq!(found, Ok(None));
    }
    assert_eq!(standing.accepted(), 1);
}

#[tokio::test]
async fn those_who_wait_for_a_connection_that_fails_do_not_each_try_again() {
    let refuses = StandIn::answering(|_| None).await;
    let line = refuses.line();
    for found in futures::future::join_all((0..100).map(|_| get(&line))).await {
        assert_eq!(found, Err(Trouble::Broken));
    }
    assert_eq!(refuses.accepted(), 1);
    assert!(get(&line).await.is_err());
    assert_eq!(refuses.accepted(), 2, "who comes later tries again");
}

#[tokio::test]
async fn a_server_that_is_silent_is_not_waited_for_for_ever() {
    let patience = Patience { connecting: Duration::from_mins(1), answering: Duration::from_millis(50) };
    let silent = StandIn::answering(|words| Some(if words[0] == "EVALSHA" { "" } else { "+OK\r\n" }.to_owned())).await;
    let line = server(local(silent.address.port()), None, patience);
    for connections in 1..=2 {
        assert_eq!(get(&line).await, Err(Trouble::Broken));
        assert_eq!(silent.accepted(), connections, "its answer would come too late to be of use");
    }
    let mute = StandIn::answering(|_| Some(String::new())).await;
    let patience = Patience { connecting: Duration::from_millis(50), answering: Duration::from_mins(1) };
    assert_eq!(get(&server(local(mute.address.port()), None, patience)).await, Err(Trouble::Broken));
}

#[tokio::test]
async fn a_connection_of_no_use_is_found_out_though_nobody_waits_for_its_answer() {
    let patience = Patience { connecting: Duration::from_mins(1), answering: Duration::from_millis(50) };
    let silent = StandIn::answering(|words| Some(if words[0] == "EVALSHA" { "" } else { "+OK\r\n" }.to_owned())).await;
    let line = server(local(silent.address.port()), None, patience);
    let found_out = async {
        while silent.accepted() < 2 {
            let _ = tokio::time::timeout(Duration::from_millis(1), get(&line)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), found_out).await.expect("another connection is made");
}

#[tokio::test]
async fn a_server_that_says_more_than_it_was_asked_for_is_left() {
    let endless = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = endless.local_addr().expect("an address");
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let sending = tokio::spawn(async move {
        let (mut stream, _) = endless.accept().await.expect("somebody comes");
        let chunk = vec![b'x'; 1024 * 1024];
        let mut all = b"+OK\r\n$4000000000\r\n".to_vec();
        all.extend(&chunk);
        while stream.write_all(&all).await.is_ok() {
            count.fetch_add(all.len(), Ordering::SeqCst);
            all.clone_from(&chunk);
        }
    });
    assert_eq!(get(&server(local(address.port()), None, Patience::USUAL)).await, Err(Trouble::Broken));
    sending.await.expect("no panic");
    assert!(sent.load(Ordering::SeqCst) < 64 * 1024 * 1024, "no more than two answers, and what is on the way");
}

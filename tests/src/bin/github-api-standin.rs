//! A stand-in for GitHub's REST API, as a program: see `barkeep_tests::github` for what is in it.
//!
//! It asks for the token that `GITHUB_API_STANDIN_TOKEN` names, prints its address such as `http://127.0.0.1:40001` as
//! the first line, and ends when its standard input does.

use std::io::{Error, Result, Write as _};

use barkeep_tests::github::Standin;
use tokio::io::{AsyncReadExt as _, stdin};

/// The environment variable with the token.
const TOKEN: &str = "GITHUB_API_STANDIN_TOKEN";

#[tokio::main]
async fn main() -> Result<()> {
    let token = std::env::var(TOKEN).map_err(|error| Error::other(format!("{TOKEN}: {error}")))?;
    let standin = Standin::start(token).await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{}", standin.url())?;
    stdout.flush()?;
    let mut stdin = stdin();
    let mut ignored = [0; 1024];
    while stdin.read(&mut ignored).await? > 0 {}
    Ok(())
}

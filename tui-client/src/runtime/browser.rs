//! Hands a web address to the user's browser, which lives on by itself.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// How long a starter (`xdg-open`) may take to say that it failed. A browser that is still there then is a browser.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens an address in `$BROWSER`, or in what the desktop takes for it.
///
/// # Errors
/// Why not, in words.
pub(super) async fn open(url: &str) -> Result<(), String> {
    let chosen = std::env::var("BROWSER").ok();
    let words = command(chosen.as_deref(), url);
    let Some((program, arguments)) = words.split_first() else { return Err("BROWSER is empty.".into()) };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Of its own, so that a Ctrl+c or a hang-up here is none of its business.
    command.process_group(0);
    let mut child = command.spawn().map_err(|error| format!("{program}: {error}."))?;
    match tokio::time::timeout(PATIENCE, child.wait()).await {
        Ok(Ok(status)) if !status.success() => Err(format!("{program} ended with {status}.")),
        _ => Ok(()),
    }
}

/// The words of the command. `$BROWSER` is a list with colons, of commands in which `%s` may stand for the address; the first
/// one is taken. No shell is involved.
fn command(chosen: Option<&str>, url: &str) -> Vec<String> {
    let default = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let chosen = chosen.and_then(|list| list.split(':').find(|command| !command.trim().is_empty())).unwrap_or(default);
    let mut words: Vec<String> = chosen.split_whitespace().map(|word| word.replace("%s", url)).collect();
    if !chosen.contains("%s") {
        words.push(url.to_owned());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browser_is_what_the_variable_says() {
        let url = "https://a.example/;rm";
        assert_eq!(command(Some("w3m -x:lynx"), url), ["w3m", "-x", url]);
        assert_eq!(command(Some("firefox --new-tab=%s"), url), ["firefox", "--new-tab=https://a.example/;rm"]);
        assert_eq!(command(None, url)[1], url);
    }
}

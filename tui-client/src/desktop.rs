//! Notifications by the desktop itself (the `desktop` feature): `org.freedesktop.Notifications`, over D-Bus.

/// Shows a notification. Takes as long as the desktop does.
///
/// # Errors
/// Why it is not shown, in words; always, in a build without the feature.
pub fn notify(title: &str, body: &str) -> Result<(), String> {
    #[cfg(feature = "desktop")]
    {
        // Most desktops read a body as markup. Where nobody can say, that is what is safe.
        let reads_markup =
            notify_rust::get_capabilities().map_or(true, |all| all.iter().any(|one| one == "body-markup"));
        let body = chat_shared::text::sanitise_line(body);
        let body = if reads_markup { escaped(&body) } else { body.into_owned() };
        let mut notification = notify_rust::Notification::new();
        notification.appname("chat-tui").summary(&chat_shared::text::sanitise_line(title)).body(&body);
        notification.hint(notify_rust::Hint::Category("im.received".to_owned()));
        notification.show().map(drop).map_err(|error| format!("{error}."))
    }
    #[cfg(not(feature = "desktop"))]
    {
        let _ = (title, body);
        Err("this chat-tui was built without it.".into())
    }
}

#[cfg(feature = "desktop")]
fn escaped(body: &str) -> String {
    body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(all(test, feature = "desktop"))]
mod tests {
    use super::*;

    #[test]
    fn nobody_writes_markup_into_a_notification() {
        assert_eq!(escaped("<img src=x> & y"), "&lt;img src=x&gt; &amp; y");
    }
}

//! Mail servers that fail: what is tried again, what is given up, and what is never sent twice by our doing.

use crate::mail_server::{MailServer, Manner};
use crate::scene::*;
use crate::story;
use crate::support::Place;
use domain::{Event, OrderId};
use std::fs;
use std::time::Duration;
use workers::email::Outbox;

async fn with_due_mail(place: &Place) -> (Scene, OrderId) {
    let scene = Scene::new(place).await;
    let order = new_order();
    scene.reads(&[facts(order), vec![defined()]].concat()).await;
    (scene, order)
}

fn message_id(mail: &str) -> &str {
    mail.lines()
        .find(|line| line.to_ascii_lowercase().starts_with("message-id:"))
        .unwrap()
}

story! {
    /// The connection is lost between the mail and the answer: nobody knows, so it is sent again, as the same mail.
    async fn a_lost_answer_repeats_the_same_mail(place: &Place) {
        let (scene, order) = with_due_mail(place).await;
        let server = MailServer::start([Manner::LoseAnswer]).await;
        let sending = scene.sends(to_server(&server), LIMITS);
        scene.until_sent(order).await;
        sending.stop().await;
        let taken = server.taken();
        assert_eq!(taken.len(), 2);
        assert_eq!(message_id(&taken[0]), message_id(&taken[1]));
        let announced = scene.announced().await;
        assert!(matches!(&*announced[&order], [Event::MailSent(sent)] if sent.attempts == 2));
    }
}

story! {
    /// "Later" (4xx) means later, and so does a refusal of our sign-in or of all mail (52x, 53x).
    async fn a_passing_refusal_is_tried_again(place: &Place) {
        let (scene, order) = with_due_mail(place).await;
        let manners = ["451 come back later", "530 sign in first", "521 no mail today"];
        let server = MailServer::start(manners.map(Manner::Say)).await;
        let sending = scene.sends(to_server(&server), LIMITS);
        scene.until_sent(order).await;
        sending.stop().await;
        assert_eq!(server.taken().len(), 1);
        assert_eq!(scene.mail(order).await.unwrap().attempts, 4);
    }
}

story! {
    /// "Never" (5xx) means never: the mail fails at once, and its neighbours arrive.
    async fn a_refusal_for_good_fails_at_once(place: &Place) {
        let (scene, refused) = with_due_mail(place).await;
        let server = MailServer::start([Manner::Say("550 no such user here")]).await;
        let sending = scene.sends(to_server(&server), LIMITS);
        until(async || scene.state(refused).await == "failed").await;
        let neighbour = new_order();
        scene.reads(&facts(neighbour)).await;
        scene.until_sent(neighbour).await;
        sending.stop().await;
        let mail = scene.mail(refused).await.unwrap();
        assert_eq!(mail.attempts, 1);
        assert!(mail.last_error.contains("no such user here"), "{}", mail.last_error);
        let announced = scene.announced().await;
        let [Event::MailFailed(failed)] = &*announced[&refused] else {
            panic!("{announced:?}");
        };
        assert!(failed.error.contains("no such user here"));
        assert!(matches!(&*announced[&neighbour], [Event::MailSent(_)]));
    }
}

story! {
    /// A server that is not there is tried for a while, then the mail is given up and a person told.
    async fn a_server_that_never_answers_is_given_up(place: &Place) {
        let (scene, order) = with_due_mail(place).await;
        let gone = MailServer::start([]).await.url();
        let outbox = Outbox::smtp(&gone, 4, Duration::from_secs(20)).unwrap();
        let sending = scene.sends(outbox, LIMITS);
        until(async || scene.state(order).await == "failed").await;
        sending.stop().await;
        let announced = scene.announced().await;
        let [Event::MailFailed(failed)] = &*announced[&order] else {
            panic!("{announced:?}");
        };
        assert_eq!(failed.attempts, LIMITS.attempts);
        assert!(!failed.error.is_empty());
    }
}

story! {
    /// Files that cannot be written are written later.
    async fn a_missing_directory_is_waited_for(place: &Place) {
        let (scene, order) = with_due_mail(place).await;
        let outbox = scene.to_files();
        fs::remove_dir(&scene.directory).unwrap();
        let limits = workers::email::SendLimits { attempts: u32::MAX, ..LIMITS };
        let sending = scene.sends(outbox, limits);
        until(async || scene.mail(order).await.is_some_and(|mail| mail.attempts > 1)).await;
        assert_eq!(scene.state(order).await, "due");
        fs::create_dir(&scene.directory).unwrap();
        scene.until_sent(order).await;
        sending.stop().await;
        assert!(scene.directory.join(format!("{order}.eml")).exists());
    }
}

story! {
    /// SIGTERM in the middle of a mail: it is finished first.
    async fn a_stopped_sender_finishes_its_mail(place: &Place) {
        let (scene, order) = with_due_mail(place).await;
        let server = MailServer::start([Manner::TakeAfter(Duration::from_millis(500))]).await;
        let sending = scene.sends(to_server(&server), LIMITS);
        until(async || server.begun() == 1).await;
        sending.stop().await;
        assert_eq!(server.taken().len(), 1);
        assert_eq!(scene.state(order).await, "sent");
    }
}

#[test]
fn a_url_without_a_mail_server_says_what_is_wrong() {
    let timeout = Duration::from_secs(1);
    for wrong in [
        "http://localhost",
        "localhost:25",
        "smtp://",
        "smtp://host?tls=perhaps",
    ] {
        let error = Outbox::smtp(wrong, 1, timeout).unwrap_err();
        assert!(!error.is_empty(), "{wrong}");
    }
    let error = Outbox::smtp("smtp://me:s3cret@host?tls=perhaps", 1, timeout).unwrap_err();
    assert!(!error.contains("s3cret"), "{error}");
}

//! Mail servers that fail: what is tried again, what is given up, and what is never sent twice by our doing.

use crate::mail_server::{MailServer, Manner};
use crate::scene::*;
use crate::story;
use crate::support::Place;
use domain::{Event, OrderId};
use std::fs;
use std::time::Duration;
use workers::email::{MailTransport, SendLimits};

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
    /// A mail server greets and falls silent, as an overloaded one does. Mails that it keeps waiting are given up in time, and
    /// all arrive once it behaves: nobody has to start anything anew.
    async fn a_silent_server_stops_no_mail_for_long(place: &Place) {
        let scene = Scene::new(place).await;
        let server = MailServer::start([Manner::GreetOnly; 4]).await;
        let orders: Vec<_> = (0..6).map(|_| new_order()).collect();
        let all: Vec<_> = orders.iter().flat_map(|order| facts(*order)).collect();
        scene.reads(&[vec![defined()], all].concat()).await;
        let sending = scene.sends(to_server(&server), LIMITS);
        for order in &orders {
            scene.until_sent(*order).await;
        }
        sending.stop().await;
        assert_eq!(server.taken().len(), orders.len());
        let attempts = async |order| scene.mail(order).await.unwrap().attempts;
        let mut tried_again = 0;
        for order in &orders {
            tried_again += attempts(*order).await - 1;
        }
        assert_eq!(tried_again, 4);
    }
}

story! {
    /// The server falls silent over one mail. Its connection is not used for the next, which would take the late answer for
    /// its own; a connection that a refusal came on is.
    async fn a_connection_is_used_again_after_an_answer_only(place: &Place) {
        let scene = Scene::new(place).await;
        let manners = [Manner::Say("550 no such user here"), Manner::Hang, Manner::Take];
        let server = MailServer::start(manners).await;
        let limits = SendLimits {
            concurrency: 1,
            delivery: Duration::from_millis(500),
            first_wait: Duration::from_secs(3_600),
            longest_wait: Duration::from_secs(3_600),
            ..LIMITS
        };
        scene.reads(&[defined()]).await;
        let sending = scene.sends(to_server(&server), limits);
        let (refused, stuck, next) = (new_order(), new_order(), new_order());
        scene.reads(&facts(refused)).await;
        until(async || scene.state(refused).await == "failed").await;
        scene.reads(&facts(stuck)).await;
        until(async || scene.mail(stuck).await.is_some_and(|mail| !mail.last_error.is_empty())).await;
        assert_eq!(server.connections(), 1);
        scene.reads(&facts(next)).await;
        scene.until_sent(next).await;
        sending.stop().await;
        assert_eq!(server.connections(), 2);
        assert_eq!(scene.state(stuck).await, "due");
        assert_eq!(server.taken().len(), 1);
    }
}

story! {
    /// Rows that no mail can be made of fail, one by one and for good. All others are sent.
    async fn a_row_that_cannot_be_read_stops_nobody(place: &Place) {
        let (scene, nobody) = with_due_mail(place).await;
        let orders: Vec<_> = (0..9).map(|_| new_order()).collect();
        let all: Vec<_> = orders.iter().flat_map(|order| facts(*order)).collect();
        scene.reads(&all).await;
        scene.breaks("UPDATE mails SET email = 'nobody' WHERE order_id = $1", nobody).await;
        scene.breaks("UPDATE tickets SET currency = 'EURO' WHERE order_id = $1", orders[0]).await;
        scene.breaks("UPDATE mails SET order_id = 'an order' WHERE order_id = $1", orders[1]).await;
        let sending = scene.sends(scene.to_files(), LIMITS);
        for order in &orders[2..] {
            scene.until_sent(*order).await;
        }
        for order in [nobody, orders[0]] {
            until(async || scene.state(order).await == "failed").await;
        }
        sending.stop().await;
        let announced = scene.announced().await;
        assert!(matches!(&*announced[&nobody], [Event::MailFailed(_)]), "{announced:?}");
        assert!(matches!(&*announced[&orders[0]], [Event::MailFailed(_)]), "{announced:?}");
        assert!(matches!(&*announced[&orders[8]], [Event::MailSent(_)]), "{announced:?}");
        assert_eq!(announced.len(), 9, "all but the one whose order cannot be read");
    }
}

story! {
    /// A server that is not there is tried for a while, then the mail is given up and a person told.
    async fn a_server_that_never_answers_is_given_up(place: &Place) {
        let (scene, order) = with_due_mail(place).await;
        let gone = MailServer::start([]).await.url();
        let transport = MailTransport::smtp(&gone).unwrap();
        let sending = scene.sends(transport, LIMITS);
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
        let transport = scene.to_files();
        fs::remove_dir(&scene.directory).unwrap();
        let limits = SendLimits { attempts: u32::MAX, ..LIMITS };
        let sending = scene.sends(transport, limits);
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
    for wrong in [
        "http://localhost",
        "localhost:25",
        "smtp://",
        "smtp://host?tls=perhaps",
    ] {
        let error = MailTransport::smtp(wrong).err().unwrap();
        assert!(!error.is_empty(), "{wrong}");
    }
    let error = MailTransport::smtp("smtp://me:s3cret@host?tls=perhaps")
        .err()
        .unwrap();
    assert!(!error.contains("s3cret"), "{error}");
}

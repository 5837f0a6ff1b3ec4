//! Several senders share the work, and one that dies leaves its mails to the others.

use crate::mail_server::{MailServer, Manner};
use crate::scene::*;
use crate::story;
use crate::support::Place;
use std::time::Duration;
use workers::email::SendLimits;

story! {
    /// Two senders, each mail once.
    async fn two_senders_send_each_mail_once(place: &Place) {
        let scene = Scene::new(place).await;
        let server = MailServer::start([]).await;
        let orders: Vec<_> = (0..40).map(|_| new_order()).collect();
        let all: Vec<_> = orders.iter().flat_map(|order| facts(*order)).collect();
        scene.reads(&[defined()]).await;
        let one = scene.sends(to_server(&server), LIMITS);
        let other = scene.sends(to_server(&server), LIMITS);
        scene.reads(&all).await;
        for order in &orders {
            scene.until_sent(*order).await;
        }
        one.stop().await;
        other.stop().await;
        assert_eq!(server.taken().len(), orders.len());
        assert_eq!(scene.announced().await.len(), orders.len());
    }
}

story! {
    /// kill -9 in the middle of a mail: when its claim is over, another sender takes the mail.
    async fn a_dead_senders_mail_comes_back(place: &Place) {
        let scene = Scene::new(place).await;
        let order = new_order();
        scene.reads(&[facts(order), vec![defined()]].concat()).await;
        let stuck = MailServer::start([Manner::Hang]).await;
        let lease = Duration::from_secs(3);
        let doomed = scene.sends(to_server(&stuck), SendLimits { lease, ..LIMITS });
        until(async || stuck.begun() == 1).await;
        doomed.kill().await;
        let heir = scene.sends(scene.to_files(), LIMITS);
        // The control: while the claim holds, the heir sends others and leaves this one alone.
        let other = new_order();
        scene.reads(&facts(other)).await;
        scene.until_sent(other).await;
        assert_eq!(scene.state(order).await, "due");
        scene.until_sent(order).await;
        heir.stop().await;
        assert_eq!(scene.mail(order).await.unwrap().attempts, 2);
        assert_eq!(scene.announced().await[&order].len(), 1);
    }
}

story! {
    /// A server that thinks about each mail for longer than a claim lasts, and two senders with places to spare, which look
    /// for work all the time: each mail arrives once all the same.
    async fn a_slow_server_gets_each_mail_once(place: &Place) {
        let scene = Scene::new(place).await;
        let lease = Duration::from_secs(5);
        let slow = Manner::TakeAfter(lease + Duration::from_secs(3));
        let server = MailServer::start([slow; 6]).await;
        let orders: Vec<_> = (0..6).map(|_| new_order()).collect();
        let all: Vec<_> = orders.iter().flat_map(|order| facts(*order)).collect();
        scene.reads(&[vec![defined()], all].concat()).await;
        let limits = SendLimits { lease, ..LIMITS };
        let one = scene.sends(to_server(&server), limits);
        let other = scene.sends(to_server(&server), limits);
        for order in &orders {
            scene.until_sent(*order).await;
        }
        one.stop().await;
        other.stop().await;
        assert_eq!(server.taken().len(), orders.len());
    }
}

story! {
    /// A sender that is told to stop finishes the mail it is at. It has claimed no others, so these are not kept waiting.
    async fn a_sender_claims_what_it_can_send_now(place: &Place) {
        let scene = Scene::new(place).await;
        let orders: Vec<_> = (0..4).map(|_| new_order()).collect();
        let all: Vec<_> = orders.iter().flat_map(|order| facts(*order)).collect();
        scene.reads(&[vec![defined()], all].concat()).await;
        let server = MailServer::start([Manner::TakeAfter(Duration::from_millis(300))]).await;
        let alone = SendLimits { concurrency: 1, ..LIMITS };
        let stopping = scene.sends(to_server(&server), alone);
        until(async || server.begun() == 1).await;
        // In one look: what was sent meanwhile makes room for another.
        assert!(scene.claimed().await <= 1);
        stopping.stop().await;
        assert_eq!(scene.claimed().await, 0);
        let mut tried = 0;
        for order in &orders {
            tried += scene.mail(*order).await.unwrap().attempts;
        }
        assert_eq!(server.taken().len() as i64, tried);
        let heir = scene.sends(scene.to_files(), LIMITS);
        for order in &orders {
            scene.until_sent(*order).await;
            assert_eq!(scene.mail(*order).await.unwrap().attempts, 1);
        }
        heir.stop().await;
    }
}

story! {
    /// One slow server does not keep the other mails waiting.
    async fn a_slow_mail_holds_up_nobody(place: &Place) {
        let scene = Scene::new(place).await;
        let server = MailServer::start([Manner::Hang]).await;
        scene.reads(&[defined()]).await;
        let slow = new_order();
        scene.reads(&facts(slow)).await;
        let sending = scene.sends(to_server(&server), LIMITS);
        until(async || server.begun() == 1).await;
        let orders: Vec<_> = (0..10).map(|_| new_order()).collect();
        for order in &orders {
            scene.reads(&facts(*order)).await;
        }
        for order in &orders {
            scene.until_sent(*order).await;
        }
        assert_eq!(scene.state(slow).await, "due");
        sending.kill().await;
    }
}

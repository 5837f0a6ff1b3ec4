//! When a mail becomes due: once, when the order is confirmed and the buyer known, however the facts arrive.

use crate::scene::*;
use crate::story;
use crate::support::Place;
use bus::{Handler, Message, Outcome};
use domain::Event;
use std::fs;

fn mails(scene: &Scene) -> usize {
    fs::read_dir(&scene.directory).unwrap().count()
}

story! {
    /// Topics and partitions promise no order among each other: whatever comes first, one mail is sent.
    async fn facts_may_come_in_any_order(place: &Place) {
        let scene = Scene::new(place).await;
        let sending = scene.sends(scene.to_files(), LIMITS);
        let mut orders = Vec::new();
        for order_of_facts in [[0, 1, 2, 3], [3, 1, 2, 0], [1, 2, 3, 0], [1, 2, 0, 3]] {
            let order = new_order();
            let facts = [buyer(order), sold(order, 1, 1), confirmed(order, 1), defined()];
            for index in order_of_facts {
                scene.reads(std::slice::from_ref(&facts[index])).await;
            }
            orders.push(order);
        }
        for order in &orders {
            scene.until_sent(*order).await;
        }
        sending.stop().await;
        assert_eq!(mails(&scene), orders.len());
        let announced = scene.announced().await;
        for order in orders {
            assert!(matches!(&*announced[&order], [Event::MailSent(sent)] if sent.kind == "tickets"));
        }
    }
}

story! {
    /// Events come again, before and after the mail was sent: it stays one mail.
    async fn repeated_facts_make_no_second_mail(place: &Place) {
        let scene = Scene::new(place).await;
        let order = new_order();
        let repeated: Vec<Message> = [facts(order), vec![defined()], facts(order)].concat();
        scene.reads(&repeated).await;
        scene.reads(&repeated).await;
        let sending = scene.sends(scene.to_files(), LIMITS);
        scene.until_sent(order).await;
        scene.reads(&repeated).await;
        let control = new_order();
        scene.reads(&facts(control)).await;
        scene.until_sent(control).await;
        sending.stop().await;
        assert_eq!(scene.mail(order).await.unwrap().attempts, 1);
        assert_eq!(mails(&scene), 2);
        assert_eq!(scene.announced().await[&order].len(), 1);
    }
}

story! {
    /// Who is not known, or has no tickets, gets no mail.
    async fn half_of_the_facts_make_no_mail(place: &Place) {
        let scene = Scene::new(place).await;
        let (unknown, unconfirmed, control) = (new_order(), new_order(), new_order());
        scene.reads(&[defined(), sold(unknown, 1, 1), confirmed(unknown, 1)]).await;
        scene.reads(&[buyer(unconfirmed), sold(unconfirmed, 1, 1)]).await;
        scene.reads(&facts(control)).await;
        let sending = scene.sends(scene.to_files(), LIMITS);
        scene.until_sent(control).await;
        sending.stop().await;
        assert_eq!(mails(&scene), 1);
        assert_eq!(scene.state(unknown).await, "waiting");
        assert_eq!(scene.state(unconfirmed).await, "waiting");
    }
}

story! {
    /// What is broken or too new is rejected, what is unknown is skipped; neighbours do not suffer.
    async fn broken_facts_take_nobody_down(place: &Place) {
        let scene = Scene::new(place).await;
        let order = new_order();
        let good = buyer(order);
        let broken = Message { payload: r#"{"email":7}"#.to_owned(), ..good.clone() };
        let forged = Message {
            payload: good.payload.replace("Noor", "Noor\\r\\nBcc: everybody@example.org"),
            ..good.clone()
        };
        let future = Message { schema: domain::SCHEMA + 1, ..good.clone() };
        let unknown = Message { kind: "SOMETHING_NEW".to_owned(), ..good.clone() };
        let batch = [broken, good, forged, future, unknown];
        let outcomes = scene.handler.handle(&batch).await.unwrap();
        for (index, rejected) in [true, false, true, true, false].into_iter().enumerate() {
            let outcome = &outcomes[index];
            assert_eq!(matches!(outcome, Outcome::Reject(_)), rejected, "{index}: {outcome:?}");
        }
        assert_eq!(scene.state(order).await, "waiting");
    }
}

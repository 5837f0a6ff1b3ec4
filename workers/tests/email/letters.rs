//! What a mail says, read by somebody else's parser.

use crate::scene::*;
use crate::story;
use crate::support::Place;
use domain::OrderId;
use mail_parser::{Message, MessageParser, MimeHeaders};
use std::fs;

async fn letter(scene: &Scene, order: OrderId) -> Vec<u8> {
    let sending = scene.sends(scene.to_files(), LIMITS);
    scene.until_sent(order).await;
    sending.stop().await;
    let files: Vec<_> = fs::read_dir(&scene.directory)
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(files, [format!("{order}.eml").as_str()], "and no drafts");
    fs::read(scene.directory.join(&files[0])).unwrap()
}

fn recipients(mail: &Message) -> Vec<(String, String)> {
    let to = mail.to().unwrap();
    to.iter()
        .map(|address| {
            let name = address.name().unwrap_or_default().to_owned();
            (name, address.address().unwrap().to_owned())
        })
        .collect()
}

story! {
    /// Subject, text, HTML and the PDF say what was bought.
    async fn a_mail_says_what_was_bought(place: &Place) {
        let scene = Scene::new(place).await;
        let order = new_order();
        let deck = defined_as("vip", "Pier deck", "Tidelight Festival 2027", "Harbour Meadows");
        scene.reads(&[defined(), deck, buyer_named(order, "Zoë Łukasz", "zoe@example.org")]).await;
        let vip = sold_for(order, 3, 3, "vip", "Tidelight Festival 2027");
        scene.reads(&[sold(order, 1, 3), sold(order, 2, 3), vip, confirmed(order, 3)]).await;
        let bytes = letter(&scene, order).await;
        let mail = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(mail.subject(), Some("Your tickets for Tidelight Festival 2027"));
        assert_eq!(recipients(&mail), [("Zoë Łukasz".to_owned(), "zoe@example.org".to_owned())]);
        assert_eq!(mail.message_id(), Some(&*format!("tickets.{order}@festflow.example")));
        assert!(mail.date().is_some());
        let text = mail.body_text(0).unwrap().into_owned();
        let html = mail.body_html(0).unwrap().into_owned();
        let link = link_to(order);
        for fact in ["Zoë Łukasz", "Weekend pass", "€378", "Pier deck", "€189", "€567",
            "Friday, 18 June 2027, 16:00", "Harbour Meadows", &order.to_string(), &link] {
            assert!(text.contains(fact), "{fact}: {text}");
            assert!(html.contains(fact), "{fact}: {html}");
        }
        assert_eq!(mail.attachment_count(), 1);
        let pdf = mail.attachment(0).unwrap();
        assert_eq!(pdf.attachment_name(), Some("tickets.pdf"));
        assert!(pdf.contents().starts_with(b"%PDF-"));
    }
}

story! {
    /// Names are names: they bring no markup, no headers and no recipients.
    async fn names_bring_nothing_else_along(place: &Place) {
        let scene = Scene::new(place).await;
        let order = new_order();
        let name = r#"Eve" <eve@example.net>, "<b>Bob</b>"#;
        let event = "Rock\r\nBcc: everybody@example.net\r\n\r\n<img src=x>";
        scene.reads(&[
            defined_as("weekend", "<script>alert(1)</script>", event, "A & B \u{7}hall"),
            buyer_named(order, name, "eve@example.org"),
            sold_for(order, 1, 1, "weekend", event),
            confirmed(order, 1),
        ]).await;
        let bytes = letter(&scene, order).await;
        let mail = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(recipients(&mail), [(name.to_owned(), "eve@example.org".to_owned())]);
        assert!(mail.bcc().is_none() && mail.cc().is_none());
        let subject = mail.subject().unwrap();
        assert!(subject.contains("Bcc:") && !subject.contains(['\r', '\n']), "{subject:?}");
        let html = mail.body_html(0).unwrap().into_owned();
        for markup in ["<script", "<img", "<b>"] {
            assert!(!html.contains(markup), "{html}");
        }
        assert!(html.contains("&lt;") || html.contains("&#60;"), "{html}");
        assert!(mail.body_text(0).unwrap().contains("<script>alert(1)</script>"));
        assert_eq!(mail.attachment_count(), 1);
    }
}

proptest::proptest! {
    /// An order whose address the mail library refuses would be paid and never mailed.
    #[test]
    fn every_address_that_an_order_may_have_can_be_written_to(
        local in "[ -~]{1,12}|[a-z]{1,64}", host in "[ -~]{1,12}|[a-z-]{1,63}", top in "[ -~é]{1,4}"
    ) {
        if let Ok(address) = domain::EmailAddress::parse(format!("{local}@{host}.{top}")) {
            proptest::prop_assert!(address.as_str().parse::<lettre::Address>().is_ok(), "{address}");
        }
    }
}

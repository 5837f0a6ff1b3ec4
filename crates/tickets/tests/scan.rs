//! A scanner reads what we draw.

#![allow(clippy::unwrap_used)]

mod support;

use support::{Paper, Picture, sheet, signer, ticket_id};
use tickets::{InvalidCode, QrSymbol, TicketPrinter, TicketSigner};

/// Draws the web page's picture: the dark areas of its last path.
fn picture(svg: &str) -> Picture {
    const MODULE: f32 = 5.0;
    let side: f32 = svg
        .split_once("viewBox=\"0 0 ")
        .unwrap()
        .1
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let mut picture = Picture::new((side * MODULE) as usize, (side * MODULE) as usize);
    let dark = svg
        .rsplit_once("d=\"")
        .unwrap()
        .1
        .split('"')
        .next()
        .unwrap();
    for run in dark.split_terminator('z') {
        let numbers: Vec<f32> = run
            .split(['M', ' ', 'h', 'v'])
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().unwrap())
            .collect();
        let [x, y, width, height, back] = numbers[..] else {
            panic!("{run}");
        };
        assert_eq!(back, -width);
        picture.fill([x, y, x + width, y + height].map(|edge| edge * MODULE), 0);
    }
    picture
}

#[test]
fn the_web_pages_qr_code_is_scanned_and_admits() {
    let code = signer().sign(ticket_id(7));
    let svg = QrSymbol::encode(code.as_str())
        .unwrap()
        .svg("Ticket 1 of 2");
    let scanned = picture(&svg).scan();
    assert_eq!(scanned, [code.as_str()]);
    assert_eq!(signer().verify(&scanned[0]), Ok(ticket_id(7)));
}

/// Under a strict content security policy, nothing in the picture may be a style.
#[test]
fn the_web_pages_qr_code_has_no_styles_and_a_safe_label() {
    let svg = QrSymbol::encode("FF1")
        .unwrap()
        .svg("<b>\"Rock & Roll\"</b>");
    assert!(!svg.contains("style"), "{svg}");
    assert!(
        svg.contains("aria-label=\"&lt;b&gt;&quot;Rock &amp; Roll&quot;&lt;/b&gt;\""),
        "{svg}"
    );
}

/// A crease or a thumb over part of the code is survived; the control: over half of it is not.
#[test]
fn a_dirty_qr_code_is_still_scanned() {
    let code = signer().sign(ticket_id(7));
    let clean = picture(&QrSymbol::encode(code.as_str()).unwrap().svg("ticket"));
    let side = clean.width as f32;
    let dirty = |share: f32| {
        let mut picture = clean.clone();
        picture.fill(
            [
                side * 0.4,
                side * 0.4,
                side * (0.4 + share),
                side * (0.4 + share),
            ],
            0,
        );
        picture.scan()
    };
    assert_eq!(dirty(0.25), [code.as_str()]);
    assert!(dirty(0.5).is_empty());
}

#[test]
fn every_page_of_the_pdf_is_scanned_as_its_own_ticket() {
    let pdf = TicketPrinter::new()
        .unwrap()
        .print(&sheet(3), &signer())
        .unwrap();
    let paper = Paper::read(&pdf);
    for number in 1..=3 {
        let scanned = paper.picture(number).scan();
        assert_eq!(scanned.len(), 1, "page {number}");
        assert_eq!(signer().verify(&scanned[0]), Ok(ticket_id(number)));
    }
}

/// Anybody can print a ticket that looks like ours; only the signature tells.
#[test]
fn a_pdf_printed_elsewhere_is_refused() {
    let elsewhere = TicketSigner::new([&b"the secret of another installation"[..]]).unwrap();
    let pdf = TicketPrinter::new()
        .unwrap()
        .print(&sheet(1), &elsewhere)
        .unwrap();
    let scanned = Paper::read(&pdf).picture(1).scan();
    assert_eq!(elsewhere.verify(&scanned[0]), Ok(ticket_id(1)));
    assert_eq!(
        signer().verify(&scanned[0]),
        Err(InvalidCode::WrongSignature)
    );
}

#[test]
fn what_no_qr_code_holds_is_refused() {
    let error = QrSymbol::encode(&"x".repeat(5000)).unwrap_err();
    assert_eq!(error.to_string(), "the text is too long for a QR code");
}

//! What the PDF says.

#![allow(clippy::unwrap_used)]

mod support;

use support::{Paper, sheet, signer, ticket_id};
use tickets::{PrintError, TicketPrinter, TicketSheet};

fn print(sheet: &TicketSheet) -> Vec<u8> {
    TicketPrinter::new()
        .unwrap()
        .print(sheet, &signer())
        .unwrap()
}

#[test]
fn each_ticket_has_a_page_in_a6_that_says_all_there_is_to_know() {
    let paper = Paper::read(&print(&sheet(2)));
    assert_eq!(paper.pages(), 2);
    for number in 1..=2 {
        let [width, height] = paper.size(number).map(|points| points / 72.0 * 25.4);
        assert!((width - 105.0).abs() < 0.1 && (height - 148.0).abs() < 0.1);
        let text = paper.text(number);
        for part in [
            format!("TICKET {number} OF 2").as_str(),
            "Aurora Sound Festival",
            "Fri 3 July 2026, 14:00",
            "Riverside Park",
            "Weekend VIP",
            "€249.00",
            "Marta Lind",
            "Order 00000000-0000-0000-0000-00000000002a",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}

#[test]
fn names_in_other_scripts_are_printed_and_can_be_copied() {
    for name in [
        "Γιώργος Παπαδόπουλος",
        "Ἀθηνᾶ",
        "Юлія Їжакевич",
        "Ђорђе Љубичић",
        "Қанат Әбіш",
        "Żaneta Łącka",
        "İlkay Şahin Öğüt",
        "Nguyễn Thị Ánh Đặng",
        "Þór Æðelstan",
        "Ștefan Țepeș",
        "Rəşad Əliyev",
    ] {
        let mut sheet = sheet(1);
        sheet.holder = name.to_owned();
        sheet.tickets[0].event = name.to_owned();
        let text = Paper::read(&print(&sheet)).text(1);
        assert_eq!(text.matches(name).count(), 2, "{name} in {text}");
    }
}

/// Characters that the font lacks show as boxes, and still copy as what they are. The rest is as good as ever.
#[test]
fn no_character_stops_a_ticket() {
    for name in [
        "夏祭り",
        "מדבר",
        "مهرجان",
        "🎉👩‍👩‍👧",
        "e\u{301}\u{323}",
        "\u{200f}\u{202e}x",
        "\u{fffd}\u{10ffff}",
    ] {
        let mut sheet = sheet(1);
        sheet.tickets[0].event = format!("Fest {name} Fest");
        let paper = Paper::read(&print(&sheet));
        let text = paper.text(1);
        assert!(text.contains("Marta Lind"), "{text}");
        assert_eq!(
            signer().verify(&paper.picture(1).scan()[0]),
            Ok(ticket_id(1))
        );
        if name == "夏祭り" {
            assert!(text.contains("Fest 夏祭り Fest"), "{text}");
        }
    }
    let mut controls = sheet(1);
    controls.holder = "\u{7}Marta\r\n\tLind\0".to_owned();
    assert!(
        Paper::read(&print(&controls))
            .text(1)
            .contains("Marta Lind")
    );
}

#[test]
fn what_is_unknown_is_left_out() {
    let mut sheet = sheet(1);
    sheet.holder.clear();
    let ticket = &mut sheet.tickets[0];
    ticket.date.clear();
    ticket.place = "  ".to_owned();
    ticket.price.clear();
    let text = Paper::read(&print(&sheet)).text(1);
    assert!(text.contains("Aurora Sound Festival"), "{text}");
    assert!(!text.contains("PRICE"), "{text}");
}

#[test]
fn a_text_without_end_is_cut_off_and_the_code_stays() {
    let mut sheet = sheet(1);
    let endless = "Supercalifragilisticexpialidocious".repeat(1000);
    sheet.holder = endless.clone();
    let ticket = &mut sheet.tickets[0];
    (ticket.event, ticket.ticket_type) = (endless.clone(), endless.clone());
    (ticket.date, ticket.place, ticket.price) = (endless.clone(), endless.clone(), endless);
    let paper = Paper::read(&print(&sheet));
    let text = paper.text(1);
    assert_eq!(text.matches('…').count(), 6, "{text}");
    assert!(text.len() < 1000, "{text}");
    assert_eq!(
        signer().verify(&paper.picture(1).scan()[0]),
        Ok(ticket_id(1))
    );
}

#[test]
fn an_order_of_twenty_tickets_stays_small() {
    let pdf = print(&sheet(20));
    let paper = Paper::read(&pdf);
    assert_eq!(paper.pages(), 20);
    assert!(paper.text(20).contains("TICKET 20 OF 20"));
    assert!(pdf.len() < 60_000, "{} bytes", pdf.len());
    assert!(print(&sheet(2)).len() < 25_000);
}

#[test]
fn no_tickets_make_no_pdf() {
    let error = TicketPrinter::new()
        .unwrap()
        .print(&sheet(0), &signer())
        .unwrap_err();
    assert_eq!(error, PrintError::NoTickets);
    assert_eq!(error.to_string(), "there are no tickets to print");
}

/// One printer serves all threads of a process.
#[test]
fn a_printer_is_shared() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&TicketPrinter::new().unwrap());
    shared(&signer());
}

/// A mail that is sent again carries the same file, byte for byte; another ticket does not.
#[test]
fn the_same_sheet_gives_the_same_bytes() {
    assert_eq!(print(&sheet(2)), print(&sheet(2)));
    let mut other = sheet(2);
    other.tickets[0].ticket_id = ticket_id(99);
    assert_ne!(print(&sheet(2)), print(&other));
}

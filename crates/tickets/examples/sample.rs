//! Prints sample tickets, to look at after a change of the layout:
//! `cargo run --release -p tickets --example sample -- /tmp/tickets.pdf`.

use domain::{OrderId, TicketId};
use std::time::Instant;
use tickets::{Ticket, TicketPrinter, TicketSheet, TicketSigner};
use uuid::Uuid;

/// How often the time is taken.
const ROUNDS: u32 = 200;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("where to write the PDF?")?;
    let printer = TicketPrinter::new()?;
    let signer = TicketSigner::new([&b"only a sample, admits nobody"[..]])?;
    let mut sheet = sample();
    std::fs::write(&path, printer.print(&sheet, &signer)?)?;
    sheet.tickets.truncate(2);
    let start = Instant::now();
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        bytes = printer.print(&sheet, &signer)?.len();
    }
    let each = start.elapsed() / ROUNDS;
    println!("{path} is written; an order of two tickets takes {each:?} and {bytes} bytes");
    Ok(())
}

fn sample() -> TicketSheet {
    let texts = [
        (
            "Aurora Sound Festival 2026",
            "Fri 3 – Sun 5 July 2026, gates 14:00",
            "Riverside Park, North Bank 12, Harbourtown",
            "Weekend VIP",
            "€249.00",
        ),
        (
            "Reeperbahn bei Nacht",
            "Samstag, 12. September 2026, 20:00",
            "Große Freiheit",
            "Stehplatz",
            "39,00 €",
        ),
        (
            "Φεστιβάλ Θάλασσας",
            "Κυριακή 9 Αυγούστου 2026",
            "Θεσσαλονίκη",
            "Γενική είσοδος",
            "€35.00",
        ),
        (
            "Свято Літа",
            "Субота, 18 липня 2026",
            "Київ, Труханів острів",
            "Фан-зона",
            "₴1 250",
        ),
        (
            "Zażółć gęślą jaźń – İstanbul, Nguyễn & Þór: the longest festival name that anybody could think of in a year",
            "",
            "",
            "Early bird camping with parking for one car",
            "",
        ),
        ("OK", "1 May", "X", "A", "$5"),
        ("夏祭り and 🎉 Crowds", "7月4日", "מדבר", "王 class", "¥500"),
    ];
    let of = u32::try_from(texts.len()).unwrap_or(u32::MAX);
    let tickets = (1..).zip(texts);
    TicketSheet {
        order_id: OrderId(Uuid::from_u128(0x0190_6b1c_0f5a_7000_8000_0000_0000_002a)),
        holder: "Wisława Şahin-Θεοδωράκη".to_owned(),
        tickets: tickets
            .map(
                |(number, (event, date, place, ticket_type, price))| Ticket {
                    ticket_id: TicketId(Uuid::from_u128(u128::from(number))),
                    event: event.to_owned(),
                    date: date.to_owned(),
                    place: place.to_owned(),
                    ticket_type: ticket_type.to_owned(),
                    number,
                    of,
                    price: price.to_owned(),
                },
            )
            .collect(),
    }
}

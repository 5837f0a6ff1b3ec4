//! From an order's rows to a mail: subject, HTML, text, and the tickets as a PDF.
//!
//! Names come from people. The HTML template escapes them, line breaks never leave a name, and the mail library encodes
//! what goes into a header.

use super::claim_rows::ClaimedMail;
use super::links::OrderLinks;
use super::order_rows::SoldTicket;
use askama::Template;
use domain::when::for_people;
use domain::{Amount, OrderId};
use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart};
use lettre::{Address, address::AddressError};
use tickets::{PrintError, Ticket, TicketPrinter, TicketSheet, TicketSigner};

/// Which mail about an order this is, in messages.
pub(super) const KIND: &str = "tickets";

/// Writes mails. Holds the parsed fonts: make one and keep it.
pub struct LetterWriter {
    from: Mailbox,
    signer: TicketSigner,
    printer: TicketPrinter,
    links: Option<OrderLinks>,
}

/// Why a mail cannot be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum LetterError {
    /// Something that the log is still to say.
    #[error("{0}")]
    NotYet(String),
    /// The address has the form of one, but not for the mail library.
    #[error("the address cannot be used: {0}")]
    Address(#[from] AddressError),
    /// The tickets cannot be printed.
    #[error("the tickets cannot be printed: {0}")]
    Print(#[from] PrintError),
    /// The texts cannot be rendered.
    #[error("the mail cannot be rendered: {0}")]
    Render(#[from] askama::Error),
    /// The mail library refuses the parts.
    #[error("the mail cannot be put together: {0}")]
    Parts(String),
}

/// What both templates say.
struct Contents {
    subject: String,
    headline: String,
    name: String,
    tickets: usize,
    events: Vec<EventPart>,
    total: String,
    order_id: OrderId,
    /// The order's page.
    link: Option<String>,
}

struct EventPart {
    name: String,
    when: String,
    place: String,
    lines: Vec<Line>,
}

struct Line {
    quantity: u32,
    what: String,
    price: String,
    sum: Amount,
}

#[derive(Template)]
#[template(path = "tickets.html")]
struct Html<'a> {
    contents: &'a Contents,
}

#[derive(Template)]
#[template(path = "tickets.txt", escape = "none")]
struct Text<'a> {
    contents: &'a Contents,
}

impl LetterWriter {
    /// A writer of mails from `from`, whose tickets are signed by `signer`, with `links` to the orders' pages.
    ///
    /// # Errors
    /// A built-in font is unusable.
    pub fn new(
        from: Mailbox,
        signer: TicketSigner,
        links: Option<OrderLinks>,
    ) -> Result<LetterWriter, PrintError> {
        Ok(LetterWriter {
            from,
            signer,
            printer: TicketPrinter::new()?,
            links,
        })
    }

    /// The mail, with the same Message-ID each time. Takes a while: not for an async thread.
    pub(super) fn write(
        &self,
        mail: &ClaimedMail,
        tickets: &[SoldTicket],
    ) -> Result<Message, LetterError> {
        if tickets.len() != mail.tickets {
            let known = tickets.len();
            let why = format!("{known} of {} tickets are known", mail.tickets);
            return Err(LetterError::NotYet(why));
        }
        let link = self
            .links
            .as_ref()
            .zip(mail.request_hash)
            .map(|(links, hash)| links.link(mail.order_id, hash));
        let contents = Contents::new(mail, tickets, link)?;
        let sheet = sheet(mail, tickets)?;
        let pdf = self.printer.print(&sheet, &self.signer)?;
        let pdf_type = ContentType::parse("application/pdf")
            .map_err(|error| LetterError::Parts(error.to_string()))?;
        let html = Html {
            contents: &contents,
        }
        .render()?;
        let text = Text {
            contents: &contents,
        }
        .render()?;
        let to = mail.email.as_str().parse::<Address>()?;
        let name = one_line(mail.name.as_str());
        let message_id = format!("<{KIND}.{}@{}>", mail.order_id, self.from.email.domain());
        Message::builder()
            .message_id(Some(message_id))
            .date_now()
            .from(self.from.clone())
            .to(Mailbox::new(Some(name), to))
            .subject(contents.subject)
            // RFC 3834: no replies from machines, please.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(
                MultiPart::mixed()
                    .multipart(MultiPart::alternative_plain_html(text, html))
                    .singlepart(Attachment::new("tickets.pdf".to_owned()).body(pdf, pdf_type)),
            )
            .map_err(|error| LetterError::Parts(error.to_string()))
    }
}

impl Contents {
    fn new(
        mail: &ClaimedMail,
        tickets: &[SoldTicket],
        link: Option<String>,
    ) -> Result<Contents, LetterError> {
        let mut events: Vec<EventPart> = Vec::new();
        for ticket in tickets {
            let (what, place) = described(ticket)?;
            let name = one_line(&ticket.event);
            let when = for_people(&ticket.event_date);
            let index = events
                .iter()
                .position(|event| event.name == name && event.when == when)
                .unwrap_or_else(|| {
                    events.push(EventPart {
                        name,
                        when: one_line(&when),
                        place,
                        lines: Vec::new(),
                    });
                    events.len() - 1
                });
            events[index].add(what, ticket);
        }
        let headline = match &*events {
            [event] => event.name.clone(),
            [first, second] => format!("{} and {}", first.name, second.name),
            [first, rest @ ..] => format!("{} and {} more events", first.name, rest.len()),
            [] => return Err(LetterError::NotYet("no ticket is known".to_owned())),
        };
        let currency = tickets.first().map(|ticket| ticket.currency);
        Ok(Contents {
            subject: match tickets.len() {
                1 => format!("Your ticket for {headline}"),
                _ => format!("Your tickets for {headline}"),
            },
            headline,
            name: one_line(mail.name.as_str()),
            tickets: tickets.len(),
            events,
            total: currency.map_or_else(String::new, |currency| mail.total.display(currency)),
            order_id: mail.order_id,
            link,
        })
    }
}

impl EventPart {
    /// Tickets of one type are one line.
    fn add(&mut self, what: String, ticket: &SoldTicket) {
        let known = self.lines.iter().position(|line| line.what == what);
        let index = known.unwrap_or_else(|| {
            self.lines.push(Line {
                quantity: 0,
                what,
                price: String::new(),
                sum: Amount::ZERO,
            });
            self.lines.len() - 1
        });
        let line = &mut self.lines[index];
        line.quantity += 1;
        line.sum = line.sum + ticket.price;
        line.price = line.sum.display(ticket.currency);
    }
}

fn sheet(mail: &ClaimedMail, tickets: &[SoldTicket]) -> Result<TicketSheet, LetterError> {
    let of = u32::try_from(tickets.len()).unwrap_or(u32::MAX);
    let tickets = tickets.iter().map(|ticket| {
        let (ticket_type, place) = described(ticket)?;
        Ok(Ticket {
            ticket_id: ticket.ticket_id,
            event: one_line(&ticket.event),
            date: one_line(&for_people(&ticket.event_date)),
            place,
            ticket_type,
            number: ticket.number,
            of,
            price: ticket.price.display(ticket.currency),
        })
    });
    Ok(TicketSheet {
        order_id: mail.order_id,
        holder: one_line(mail.name.as_str()),
        tickets: tickets.collect::<Result<_, LetterError>>()?,
    })
}

/// What a ticket is called, and where it leads.
fn described(ticket: &SoldTicket) -> Result<(String, String), LetterError> {
    match (&ticket.type_name, &ticket.venue) {
        (Some(name), Some(venue)) => Ok((one_line(name), one_line(venue))),
        _ => Err(LetterError::NotYet(
            "a ticket's type is not defined yet".to_owned(),
        )),
    }
}

/// The text without line breaks and other control characters.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

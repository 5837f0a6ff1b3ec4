#![allow(clippy::unwrap_used)]
use super::*;

const OLD: &[u8] = b"a secret of last year, long enough";
const NEW: &[u8] = b"a secret of this year, long enough";

fn signer(secrets: &[&'static [u8]]) -> TicketSigner {
    TicketSigner::new(secrets.iter().copied()).unwrap()
}

fn ticket() -> TicketId {
    TicketId(Uuid::from_u128(0x0190_6b1c_0f5a_7000_8000_0000_0000_0001))
}

#[test]
fn a_code_is_recognised_and_fits_a_qr_codes_alphanumeric_mode() {
    let code = signer(&[NEW]).sign(ticket());
    assert_eq!(signer(&[NEW]).verify(code.as_str()), Ok(ticket()));
    assert_eq!(code.as_str().len(), 3 + 1 + 26 + 1 + 26);
    let alphanumeric = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '.';
    assert!(code.as_str().chars().all(alphanumeric), "{}", code.as_str());
}

/// The layout is on paper in people's pockets: it must not change unnoticed. The expected text comes from Python's
/// `hmac`, `hashlib` and `base64`.
#[test]
fn the_layout_stays() {
    let code = signer(&[b"0123456789abcdef0123456789abcdef"]).sign(ticket());
    assert_eq!(
        code.as_str(),
        "FF1.AGIGWHAPLJYABAAAAAAAAAAAAE.BIIZ4V66VFKVIROUTGX4MDK5VY"
    );
}

/// Each of the id's and the MAC's 256 bits matters. The negative control: what is refused has the form of a code, so
/// without the comparison of the MAC it would have been let in.
#[test]
fn a_code_with_any_bit_changed_is_refused_for_its_signature() {
    let signer = signer(&[NEW]);
    let code = signer.sign(ticket());
    let (_, mac) = parse(code.as_str()).unwrap();
    for bit in 0..256 {
        let mut parts = [*ticket().0.as_bytes(), mac];
        parts[bit / 128][bit % 128 / 8] ^= 1 << (bit % 8);
        let [id, mac] = parts.map(|part| BASE32_NOPAD.encode(&part));
        let forged = format!("FF1.{id}.{mac}");
        assert_eq!(
            parse(&forged).unwrap(),
            (TicketId(Uuid::from_bytes(parts[0])), parts[1])
        );
        assert_eq!(
            signer.verify(&forged),
            Err(InvalidCode::WrongSignature),
            "bit {bit}"
        );
    }
}

#[test]
fn a_replaced_secret_still_verifies_until_it_is_dropped() {
    let sold_last_year = signer(&[OLD]).sign(ticket());
    let rotated = signer(&[NEW, OLD]);
    assert_eq!(rotated.verify(sold_last_year.as_str()), Ok(ticket()));
    let sold_now = rotated.sign(ticket());
    assert_eq!(
        sold_now,
        signer(&[NEW]).sign(ticket()),
        "the first secret signs"
    );
    assert_eq!(
        signer(&[NEW]).verify(sold_last_year.as_str()),
        Err(InvalidCode::WrongSignature)
    );
}

/// The same secret signs other things too: their MACs over the same id open nothing here.
#[test]
fn a_mac_made_for_another_purpose_is_no_ticket() {
    let mac = Hmac::<Sha256>::new_from_slice(NEW)
        .unwrap()
        .chain_update(ticket().0.as_bytes())
        .finalize()
        .into_bytes();
    let id = BASE32_NOPAD.encode(ticket().0.as_bytes());
    let forged = format!("FF1.{id}.{}", BASE32_NOPAD.encode(&mac[..16]));
    assert_eq!(
        signer(&[NEW]).verify(&forged),
        Err(InvalidCode::WrongSignature)
    );
}

#[test]
fn what_is_no_code_is_told_apart() {
    let signer = signer(&[NEW]);
    let code = signer.sign(ticket()).as_str().to_owned();
    let (head, mac) = code.rsplit_once('.').unwrap();
    for damaged in [
        "",
        "FF1",
        "FF1..",
        "https://example.org/",
        "FF1.AAAA.AAAA",
        head,
        &code.to_lowercase(),
        &format!("{code}."),
        &format!("{code}\n"),
        &format!(" {code}"),
        &format!("{code}======"),
        // The last character holds two bits more than the MAC has: another spelling of the same bytes.
        &format!("{head}.{}7", &mac[..25]),
        &code.replacen("FF1", "FFx", 1),
        &"Ж".repeat(57),
    ] {
        assert_eq!(
            signer.verify(damaged),
            Err(InvalidCode::Malformed),
            "{damaged:?}"
        );
    }
    let future = code.replacen("FF1", "FF2", 1);
    assert_eq!(signer.verify(&future), Err(InvalidCode::UnknownVersion));
}

#[test]
fn there_is_no_signing_without_a_secret_and_secrets_are_not_shown() {
    assert_eq!(TicketSigner::new([]).unwrap_err(), NoSecret);
    assert_eq!(TicketSigner::new([NEW, b""]).unwrap_err(), NoSecret);
    let signer = signer(&[NEW, OLD]);
    assert_eq!(format!("{signer:?}"), "TicketSigner(2 secrets)");
    assert!(!format!("{:?}", signer.sign(ticket())).contains("FF1"));
}

//! A sold ticket as a signed QR code and a PDF.

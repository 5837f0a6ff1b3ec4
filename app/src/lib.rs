//! What people see: pages as functions of plain data, islands for the parts that live.

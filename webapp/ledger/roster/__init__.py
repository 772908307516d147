"""Reading a ledger as offices keep it: workbook, sheets, lines, each line with its fate."""

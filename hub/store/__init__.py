"""The store: tables, transactions, migrations, and the SQL of every room. Decides nothing; knows no agency."""

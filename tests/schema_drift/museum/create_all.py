"""The museum's models as of revision 0010, made by SQLAlchemy itself on the database of DATABASE_URL."""
import os

import sqlalchemy as sa

metadata = sa.MetaData()
moment = sa.DateTime(timezone=True)

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("email", sa.String),
    sa.Column("created_at", moment),
    sa.Column("full_name", sa.String),
    sa.Column("location", sa.String),
    sa.Column("profile_photo_url", sa.String),
    sa.Column("joined_date", sa.Date),
    sa.Column("access_permissions", sa.JSON),
    sa.Column("stripe_customer_id", sa.String),
)
has_email = users.c.email.is_not(None)
sa.Index(
    "ix_users_email_lower",
    sa.func.lower(users.c.email),
    unique=True,
    postgresql_where=has_email,
    sqlite_where=has_email,
)

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("user_id", sa.ForeignKey("users.id")),
    sa.Column("mode", sa.String),
    sa.Column("created_at", moment),
    sa.Column("updated_at", moment),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("conversation_id", sa.ForeignKey("conversations.id"), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("run_id", sa.String),
    sa.Column("content", sa.Text),
    sa.Column("created_at", moment),
)
sa.Index("ix_messages_conv_seq", messages.c.conversation_id, messages.c.seq, unique=True)

mappings = sa.Table(
    "user_ticket_mappings",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("user_id", sa.ForeignKey("users.id"), nullable=False),
    sa.Column("ticket_id", sa.String, nullable=False),
    sa.Column("conversation_id", sa.ForeignKey("conversations.id")),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("created_at", moment),
    sa.Column("expires_at", moment),
)
sa.Index(
    "ix_utm_ticket_active",
    mappings.c.ticket_id,
    unique=True,
    postgresql_where=mappings.c.active,
    sqlite_where=sa.text("active"),
)

sa.Table(
    "tickets",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("first_seen", moment),
)
sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("conversation_id", sa.Integer),
    sa.Column("started_at", moment),
)

metadata.create_all(sa.create_engine(os.environ["DATABASE_URL"]))

create schema more;
create text search dictionary more.english_us (template = simple, stopwords = english);
create text search configuration more.english_search (copy = pg_catalog.english);
alter text search configuration more.english_search alter mapping for asciiword, asciihword, hword_asciipart, hword, hword_part, word with more.english_us, english_stem;
create collation more."numeric" (provider = icu, locale = 'en-u-kn-true');
create table zerver_message (id serial primary key, subject varchar(60) not null, rendered_content text, search_tsvector tsvector, is_private_flag boolean default false not null,
  date_sent timestamptz not null, sorted text collate more."numeric");
create index fts_zerver_message_idx on zerver_message using gin (search_tsvector) with (fastupdate = off);
create index zerver_message_upper_subject on zerver_message (upper((subject)::text), id desc nulls last);
create function append_to_fts_update_log() returns trigger language plpgsql as $$begin perform pg_notify('fts_update_log', ''); return null; end$$;
create trigger fts_update_notify after insert or update of subject on zerver_message for each statement execute function append_to_fts_update_log();
create function escape_html(text) returns text immutable strict language sql as $$select replace(replace($1, '&', '&amp;'), '<', '&lt;')$$;
alter table zerver_message alter search_tsvector set storage external, alter search_tsvector set statistics 10000;
create statistics more.flags (dependencies, ndistinct) on subject, is_private_flag from zerver_message;
-- planted: object-differs text search configuration more.english_search
alter text search configuration more.english_search drop mapping for email;

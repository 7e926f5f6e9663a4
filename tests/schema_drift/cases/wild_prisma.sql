create type "Role" as enum ('USER', 'ADMIN');
create table "User" ("id" text not null, "email" text not null, "role" "Role" not null default 'USER', "createdAt" timestamp(3) not null default current_timestamp,
  "roles" "Role"[] default array['USER'::"Role"], "updatedAt" timestamp(3) not null, constraint "User_pkey" primary key ("id"));
create table "Post" ("id" serial not null, "order" int not null default 0, "authorId" text, "meta" jsonb, constraint "Post_pkey" primary key ("id"));
create table "_PostToUser" ("A" integer not null, "B" text not null, constraint "_PostToUser_AB_pkey" primary key ("A", "B"));
create unique index "User_email_key" on "User"("email");
create index "Post_authorId_order_idx" on "Post"("authorId", "order" desc);
create index "_PostToUser_B_index" on "_PostToUser"("B");
alter table "Post" add constraint "Post_authorId_fkey" foreign key ("authorId") references "User"("id") on delete set null on update cascade;
alter table "_PostToUser" add constraint "_PostToUser_A_fkey" foreign key ("A") references "Post"("id") on delete cascade on update cascade;
create table "_prisma_migrations" ("id" varchar(36) primary key not null, "checksum" varchar(64) not null, "logs" text, "applied_steps_count" integer not null default 0);
-- planted: default User.role
alter table "User" alter "role" set default 'ADMIN';

create type color as enum ('red', 'green');

-- planted: enum-differs color
alter type color add value 'blue' before 'green';

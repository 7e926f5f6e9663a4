create unlogged table t (id serial primary key);

-- planted: sequence-differs t_id_seq
alter sequence t_id_seq cycle;

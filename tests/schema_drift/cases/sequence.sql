create sequence s as int start 5 increment 2 maxvalue 100 cache 3 cycle;

-- planted: sequence-differs s
alter sequence s increment 3;

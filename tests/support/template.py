"""Makes a cluster that tests copy instead of making one each, which costs a second of a processor: prints its folder.
./check names it in TIMELY_CLUSTER and removes it in the end."""
from pg import Postgres

if __name__ == '__main__':
    print(Postgres().make_template())

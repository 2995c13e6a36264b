"""Notify mode: every way in which a row can change leaves its child's number, in the same transaction."""
import select

import pytest
from conftest import SQL


@pytest.fixture
def watched(source):
    source.pg.psql(file=SQL / 'notify.sql', database=source.name)
    assert source.one('SELECT timely_source.install_triggers()') == 30
    return source


def changes(source):
    told = [person for person, in source.ask('SELECT person_id FROM timely_source.change ORDER BY change_id')]
    source.ask('DELETE FROM timely_source.change')
    return sorted(told, key=repr)


def test_insert_update_delete_and_truncate(watched):
    watched.run("INSERT INTO ssd_cp_visits (cppv_cp_visit_id, cppv_person_id)"
                " VALUES ('1', 'A'), ('2', 'A'), ('3', ' B '), ('4', NULL)")
    assert changes(watched) == ['A', 'B']
    watched.run("UPDATE ssd_cp_visits SET cppv_person_id = 'C' WHERE cppv_cp_visit_id = '1'")
    assert changes(watched) == ['A', 'C']
    watched.run("DELETE FROM ssd_cp_visits WHERE cppv_cp_visit_id = '3'")
    assert changes(watched) == ['B']
    watched.run('DELETE FROM ssd_cp_visits WHERE false')
    assert changes(watched) == []
    watched.run('TRUNCATE ssd_cp_visits')
    assert changes(watched) == [None]


def test_reviews_of_children_in_care_find_the_child(watched):
    watched.run("INSERT INTO ssd_cla_episodes (clae_cla_episode_id, clae_person_id, clae_cla_id)"
                " VALUES ('1', 'A', 'C'), ('2', 'A', 'C')")
    assert changes(watched) == ['A']
    watched.run("INSERT INTO ssd_cla_reviews (clar_cla_review_id, clar_cla_id) VALUES ('1', 'C'), ('2', NULL)")
    assert changes(watched) == ['A']
    watched.run("UPDATE ssd_cla_reviews SET clar_cla_review_cancelled = 'Y'")
    assert changes(watched) == ['A']


def test_requests_for_a_plan_find_the_child_two_tables_away(watched):
    watched.run("INSERT INTO ssd_ehcp_assessment (ehca_ehcp_assessment_id, ehca_ehcp_request_id) VALUES ('1', 'R');"
                "INSERT INTO ssd_ehcp_requests (ehcr_ehcp_request_id, ehcr_send_table_id) VALUES ('R', 'S')")
    assert changes(watched) == []                           # whose they are is not known before the next table
    watched.run("INSERT INTO ssd_send (send_table_id, send_person_id) VALUES ('S', ' A ')")
    assert changes(watched) == ['A']
    watched.run("UPDATE ssd_ehcp_requests SET ehcr_ehcp_req_outcome = 'Y';"
                "UPDATE ssd_ehcp_assessment SET ehca_ehcp_assessment_outcome = 'Y';"
                "INSERT INTO ssd_ehcp_active_plans (ehcp_active_ehcp_id, ehcp_ehcp_request_id) VALUES ('1', 'R')")
    assert changes(watched) == ['A', 'A', 'A']


def test_without_the_table_that_leads_to_the_child_a_table_gets_no_triggers(watched):
    watched.run('SELECT timely_source.remove_triggers(); SELECT timely_source.remove_views(); DROP TABLE ssd_send')
    watched.views()
    assert watched.one('SELECT timely_source.install_triggers()') == 26
    watched.run("INSERT INTO ssd_ehcp_requests (ehcr_ehcp_request_id, ehcr_send_table_id) VALUES ('R', 'S')")
    assert changes(watched) == []


def test_the_hint_is_sent_once_and_only_when_committed(watched):
    listener = watched.pg.connect(watched.name)
    with listener.cursor() as cursor:
        cursor.execute('LISTEN timely_change')
    writer = watched.pg.connect(watched.name, autocommit=False)
    with writer.cursor() as cursor:
        cursor.execute("INSERT INTO ssd_development.ssd_person (pers_person_id) VALUES ('A')")
        writer.rollback()
        cursor.execute("INSERT INTO ssd_development.ssd_person (pers_person_id) VALUES ('B')")
        cursor.execute("INSERT INTO ssd_development.ssd_family (fami_table_id, fami_person_id) VALUES ('1', 'B')")
        cursor.execute('SELECT pg_current_xact_id()::text')
        number = cursor.fetchone()[0]
    writer.commit()
    writer.close()
    assert select.select([listener], [], [], 10)[0]
    listener.poll()
    assert [(n.channel, n.payload) for n in listener.notifies] == [('timely_change', '')]
    listener.close()
    assert watched.ask('SELECT DISTINCT xid::text FROM timely_source.change') == [(number,)]
    assert changes(watched) == ['B', 'B']


def test_a_writer_without_rights_on_our_schema_can_go_on_writing(watched):
    watched.run('DROP ROLE IF EXISTS loader; CREATE ROLE loader LOGIN;'
                'GRANT USAGE ON SCHEMA ssd_development TO loader;'
                'GRANT INSERT, TRUNCATE ON ssd_development.ssd_person TO loader')
    watched.ask("INSERT INTO ssd_development.ssd_person (pers_person_id) VALUES ('A')", user='loader')
    watched.ask('TRUNCATE ssd_development.ssd_person', user='loader')
    assert changes(watched) == ['A', None]
    watched.run('DROP OWNED BY loader; DROP ROLE loader')


def test_installing_twice_removing_and_pruning(watched):
    assert watched.one('SELECT timely_source.install_triggers()') == 30
    watched.run("INSERT INTO ssd_person (pers_person_id) VALUES ('A')")
    assert watched.ask('SELECT person_id FROM timely_source.change', user='timely_read') == [('A',)]
    assert watched.one('SELECT timely_source.prune_changes()') == 0
    assert watched.one("SELECT timely_source.prune_changes('0 s')") == 1
    assert watched.one('SELECT timely_source.remove_triggers()') == 30
    watched.run("INSERT INTO ssd_person (pers_person_id) VALUES ('B')")
    assert changes(watched) == []


def test_a_missing_table_is_left_out(watched):
    watched.run('SELECT timely_source.remove_triggers(); SELECT timely_source.remove_views();'
                'DROP TABLE ssd_cp_visits')
    watched.views()
    assert watched.one('SELECT timely_source.install_triggers()') == 29


def test_a_child_is_found_by_index(watched):
    watched.run("INSERT INTO ssd_cp_visits (cppv_cp_visit_id, cppv_person_id)"
                " SELECT n, n % 5000 FROM generate_series(1, 20000) AS n; ANALYZE ssd_cp_visits")
    assert watched.one('SELECT timely_source.install_indexes()') == 24      # two have it as their primary key
    assert watched.one('SELECT timely_source.install_indexes()') == 0
    plan = watched.ask("EXPLAIN SELECT * FROM timely_source.fact_cp_visit WHERE person_id = ANY ('{7}'::text[])")
    assert 'ssd_cp_visits_cppv_person_id_idx' in str(plan)
    assert len(watched.ask("SELECT ref FROM timely_source.fact WHERE person_id = ANY ('{7}')")) == 4

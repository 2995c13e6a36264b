"""From the outbox through GOV.UK Notify: words alone, and each of them once."""
from notify_service import KEY, NotifyService  # on the path by telling
from smtp_server import MailServer, by_smtp
from telling import ROOT

CANCEL = (ROOT / 'tests' / 'messages' / 'golden' / 'invite-cancel.ics').read_bytes().decode().replace('ivy.hart@', 'sw1@')


def by_notify(store, service, tmp_path, server):
    """Words through Notify, calendar objects through the mail server."""
    key = tmp_path / 'key'
    key.write_text(KEY + '\n', encoding='utf-8')
    by_smtp(store, server)
    with open(store.config, 'a', encoding='utf-8') as config:
        config.write(f'notify:\n  key file: {key}\n  email template: template-1\n  url: {service.url}\n')


def test_words_go_through_notify_and_calendars_through_the_mail_server(store, tmp_path):
    with NotifyService() as service, MailServer() as server:
        by_notify(store, service, tmp_path, server)
        words, calendar = store.put('summary:SW1'), store.put('cancel:o:SW1:1', kind='cancel', body_calendar=CANCEL)
        store.run('deliver', '2024-04-02 10:00')
        assert [store.state(number) for number in (words, calendar)] == ['sent', 'sent']
        taken, = service.taken
        assert taken['email_address'] == 'sw1@council.example' and taken['reference'] == store.one(
            'SELECT rfc_message_id FROM timely.outbox WHERE message_id = %s', (words,))
        mail, = server.messages
        assert [part.get_param('method') for part in mail.walk() if part.get_content_type() == 'text/calendar'] == ['CANCEL']


def test_what_notify_took_although_its_answer_was_lost_is_not_sent_again(store, tmp_path):
    with NotifyService() as service, MailServer() as server:
        by_notify(store, service, tmp_path, server)
        message = store.put('summary:SW1')
        service.behave = 'drop'
        store.run('deliver', '2024-04-02 10:00')
        assert store.ask('SELECT state, maybe_repeat FROM timely.outbox') == [('due', True)]
        service.behave = 'kind'
        store.ask('UPDATE timely.outbox SET not_before = now()')
        store.run('deliver', '2024-04-02 10:01')
        assert store.state(message) == 'sent' and len(service.taken) == 1
        assert server.messages == []


def test_a_file_without_a_key_keeps_messages_and_says_so(store, tmp_path):
    with NotifyService() as service, MailServer() as server:
        by_notify(store, service, tmp_path, server)
        (tmp_path / 'key').write_text('not a key\n', encoding='utf-8')
        message = store.put('summary:SW1')
        store.run('deliver', '2024-04-02 10:00')
        assert store.state(message) == 'due' and service.asked == []
        assert 'no API key' in store.one('SELECT last_answer FROM timely.outbox')

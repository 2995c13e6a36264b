"""GOV.UK Notify: what it is asked, and what becomes of a message by its answers. A lost answer makes no second mail."""
import sys
import uuid
from pathlib import Path

import pytest

from test_delivery import TO, run

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))

from notify_service import KEY, SECRET, SERVICE, NotifyService  # noqa: E402 (found through the line above)

TEXT = 'Tuesday 2 April 2024\n\n98427 (last seen 28 March)\n  NEW  Next core group [Local] – "now" \\ \U0001f600\n'


@pytest.fixture
def service():
    with NotifyService() as made:
        yield made


@pytest.fixture
def words(tmp_path):
    path = tmp_path / 'words'
    path.write_text(TEXT, encoding='utf-8')
    return path


def send(service, words, *options, key=KEY):
    answer, = run('notify', service.url if service else 'http://127.0.0.1:9', key, TO, words, *options)
    return answer


def test_a_message_is_taken_with_its_words_and_our_reference(service, words):
    assert send(service, words)[:2] == ['sent', '201']
    assert service.taken == [{'email_address': TO, 'template_id': 'template-1', 'reference': '<1+2@timely.council.example>',
                              'personalisation': {'subject': '6 due within 5 working days', 'message': TEXT}}]
    assert service.asked == [('POST', '/v2/notifications/email')]


def test_an_address_for_answers_is_named_by_its_id(service, words):
    send(service, words, 'reply-to=8e222534-7f05-4972-86e3-17c5d9f894e2')
    assert service.taken[0]['email_reply_to_id'] == '8e222534-7f05-4972-86e3-17c5d9f894e2'


@pytest.mark.parametrize('behave, result', [((400, 'ValidationError', 'email_address Not a valid email address'), 'refused'),
                                            # A setting, or a proxy on the way, is wrong: every message would be refused so.
                                            ((400, 'BadRequestError', 'Template has been deleted'), 'retry'),
                                            ((400, 'BadRequestError', 'Can’t send to this recipient using a team-only API key'), 'retry'),
                                            (400, 'retry'), (302, 'retry'), (404, 'retry'), (407, 'retry'), (403, 'retry'), (429, 'retry'), (503, 'unsure'), (500, 'unsure'),
                                            ('drop', 'unsure'), ('drop unread', 'unsure'), ('garbage', 'sent')])
def test_each_answer_is_taken_for_what_it_is(service, words, behave, result):
    service.behave = behave
    answer = send(service, words)
    assert answer[0] == result
    assert TO not in ' '.join(answer) and 'ivy.hart' not in ' '.join(answer)


def test_silence_after_the_message_is_unsure(service, words):
    service.behave = 'slow'
    assert send(service, words, 'timeout=1')[:2] == ['unsure', '0']


def test_a_service_that_is_away_has_surely_taken_nothing(words):
    assert send(None, words)[:2] == ['retry', '0']


@pytest.mark.parametrize('behave', ['drop', 500])
def test_what_was_taken_although_its_answer_was_lost_is_not_sent_again(service, words, behave):
    service.behave = behave
    assert send(service, words)[0] == 'unsure'
    service.behave = 'kind'
    assert send(service, words, 'again=yes')[0] == 'sent'
    assert len(service.taken) == 1 and service.asked[-1] == (
        'GET', '/v2/notifications?reference=%3C1%2B2%40timely.council.example%3E')


def test_what_was_lost_on_the_way_is_sent_again(service, words):
    service.behave = 'drop unread'
    assert send(service, words)[0] == 'unsure'
    service.behave = 'kind'
    assert send(service, words, 'again=yes')[:2] == ['sent', '201']
    assert len(service.taken) == 1


def test_nothing_is_sent_while_it_cannot_be_told_whether_it_was(service, words):
    service.behave = 503
    assert send(service, words, 'again=yes')[:2] == ['retry', '503']
    assert service.taken == [] and [method for method, _ in service.asked] == ['GET']


def test_another_secret_is_refused_as_a_matter_of_ours(service, words):
    answer = send(service, words, key=KEY.replace(SECRET, str(uuid.uuid4())))
    assert answer[:2] == ['retry', '403'] and 'AuthError' in answer[2]


@pytest.mark.parametrize('key', [SERVICE, f'{SERVICE}-{SECRET}', f'live-{SERVICE}-{SECRET[:-1]}', f'live_{SERVICE}_{SECRET}', 'x' * 90])
def test_what_is_no_key_is_known_before_anybody_is_asked(service, words, key):
    assert send(service, words, key=key) == ['no', 'key']
    assert service.asked == []

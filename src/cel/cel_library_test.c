#include "cel/cel_test_priv.h"

/* The rows of this file are what cel-go 0.29 with the libraries of k8s.io/apiserver 0.37 answers, but
 * for the words of errors. */

static void test_cel_conversions(void **state)
{
    static const struct row rows[] = {
        {"int('-12') + int(3.9) + int(-3.9) + int(4u)", "other: int"},
        {"int('-12') == -12 && int(3.9) == 3 && int(-3.9) == -3 && int(4u) == 4", "true"},
        {"int('1.5')", "failed: '1.5' is not an integer"},
        {"int(1e19)", "failed: a number is out of range"},
        {"int(18446744073709551615u)", "failed: a number is out of range"},
        {"int(true)", "failed: 'int' does not apply to (bool)"},
        {"uint(-1)", "failed: a number is out of range"},
        {"uint('7') == 7u && uint(7.9) == 7u", "true"},
        {"uint(-0.5)", "failed: a number is out of range"},
        {"double('1e3') == 1000.0 && double(3) == 3.0 && double('1_0') == 10.0", "true"},
        {"double('1e999')", "failed: '1e999' is not a number"},
        {"double('1x')", "failed: '1x' is not a number"},
        {"string(1.0) + ' ' + string(1.5) + ' ' + string(1e6) + ' ' + string(123456.5)",
         "text: 1 1.5 1e+06 123456.5"},
        {"string(0.0001) + ' ' + string(0.00001) + ' ' + string(-0.1)", "text: 0.0001 1e-05 -0.1"},
        {"string(-5) + string(5u) + string(true) + string(b'ab')", "text: -55trueab"},
        {"string(b'\\xff')", "failed: the bytes are not UTF-8"},
        {"string(1.0 / 0.0)", "text: +Inf"},
        {"bool('t') && !bool('False')", "true"},
        {"bool('yes')", "failed: 'yes' is not a boolean"},
        {"dyn(1) == 1 && type(dyn('a')) == string", "true"},
        {"string([1])", "failed: 'string' does not apply to (list)"},
        {"int(timestamp('1970-01-01T00:01:00Z')) == 60", "true"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), "{}", NULL);
}

static void test_cel_texts(void **state)
{
    static const struct row rows[] = {
        {"'\xc3\xa9t\xc3\xa9'.size() == 3 && size('') == 0", "true"},
        {"'abc'.startsWith('ab') && 'abc'.endsWith('bc') && 'abc'.contains('')", "true"},
        {"'a\xc3\xa9z'.charAt(1)", "text: \xc3\xa9"},
        {"'ab'.charAt(2)", "text: "},
        {"'ab'.charAt(3)", "failed: the position 3 is outside of the text"},
        {"'a\xc3\xa9z'.substring(1) + 'abc'.substring(1, 2)", "text: \xc3\xa9zb"},
        {"'abc'.substring(2, 1)", "failed: the position 1..."},
        {"'abc'.substring(4)", "failed: the position 4..."},
        {"'a\xc3\xa9"
         "ab'.indexOf('ab') == 2 && 'abab'.indexOf('a', 1) == 2",
         "true"},
        {"'abab'.lastIndexOf('a') == 2 && 'abab'.lastIndexOf('a', 1) == 0", "true"},
        {"'ab'.indexOf('') == 0 && 'ab'.lastIndexOf('') == 2 && 'ab'.indexOf('c') == -1", "true"},
        {"[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2 && [1].indexOf(3) == -1",
         "true"},
        {"'\xc3\x84"
         "aB'.lowerAscii() + '\xc3\xa4"
         "aB'.upperAscii()",
         "text: \xc3\x84"
         "ab\xc3\xa4"
         "AB"},
        {"'\xe2\x80\x83 a\\t'.trim()", "text: a"},
        {"'aXbXc'.replace('X', '-') + 'aXbXc'.replace('X', '-', 1)", "text: a-b-ca-bXc"},
        {"'ab'.replace('', '-')", "text: -a-b-"},
        {"'a,b,,c'.split(',').size() == 4 && 'a,b'.split(',', 1) == ['a,b']", "true"},
        {"'\xc3\xa9z'.split('') == ['\xc3\xa9', 'z'] && ''.split('').size() == 0", "true"},
        {"''.split(',') == [''] && 'a'.split(',', 0) == []", "true"},
        {"['a', 'b'].join('-') + ['c', 'd'].join()", "text: a-bcd"},
        {"[1].join()", "failed: 'join' does not apply to (int)"},
        {"'x'.startsWith(1)", "failed: 'startsWith' does not apply to (string, int)"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), "{}", NULL);
}

/* Where the dialects of Go and PCRE2 differ. */
static void test_cel_regular_expressions(void **state)
{
    static const struct row rows[] = {
        {"'xaby'.matches('ab') && matches('ab', '^a') && !'ba'.matches('^a')", "true"},
        {"'a\\n'.matches('a$')", "false"},
        {"'a\\nb'.matches('(?m)a$') && 'a\\nb'.matches('(?m:a$)b?')", "true"},
        {"'a\\nb'.matches('((?m)a)$')", "false"},
        {"'\\v'.matches('\\\\s') || '\\v'.matches('[\\\\s]')", "false"},
        {"'\\v'.matches('\\\\S') && '\\v'.matches('[^\\\\s]') && '\\v'.matches('[\\\\S]')", "true"},
        {"'\\v'.matches('^\\\\v$') && !'\\n'.matches('\\\\v')", "true"},
        {"'\xc3\xa9'.matches('^.$') && '\xc3\x89'.matches('(?i)\xc3\xa9')", "true"},
        {"'\\n'.matches('.')", "false"},
        {"'a{,2}'.matches('^a{,2}$') && '{'.matches('{')", "true"},
        {"'a]'.matches('^[]a]+$') && '['.matches('[[a]')", "true"},
        {"'A'.matches('\\\\101') && 'A'.matches('\\\\x41') && '\xc3\xa9'.matches('\\\\x{e9}')",
         "true"},
        {"'a.b'.matches('\\\\Qa.b\\\\E') && !'axb'.matches('\\\\Qa.b\\\\E')", "true"},
        {"'aa'.matches('(?P<n>a)(?<m>a)')", "true"},
        {"'abcd'.find('b.')", "text: bc"},
        {"'abcd'.find('x')", "text: "},
        {"'a'.matches('a**')",
         "failed: the regular expression 'a**' does not compile: a repetition..."},
        {"'a'.matches('a++')", "failed: ..."},
        {"'a'.matches('(?=a)')", "failed: ..."},
        {"'a'.matches('(?<=a)')", "failed: ..."},
        {"'a'.matches('(?>a)')", "failed: ..."},
        {"'aa'.matches('(a)\\\\1')", "failed: ..."},
        {"'a'.matches('\\\\Z')", "failed: ..."},
        {"'a'.matches('(*UTF)a')", "failed: ..."},
        {"'a'.matches('(?#x)a')", "failed: ..."},
        {"'a'.matches('(?x)a')", "failed: ..."},
        {"'a'.matches('(?-)a')", "failed: ..."},
        {"'a'.matches('a{1001}')", "failed: ..."},
        {"'a'.matches('a{2,1}')", "failed: ..."},
        {"'a'.matches('(a')", "failed: ..."},
        {"'a'.matches('a)')", "failed: ..."},
        {"'a'.matches('[a')", "failed: ..."},
        {"'a'.matches('a\\\\')", "failed: ..."},
        {"'a'.matches('\\\\x4g')", "failed: ..."},
        {"'a'.matches('^*')", "unknown: ..."},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), "{}", NULL);
}

static void test_cel_lists(void **state)
{
    static const struct row rows[] = {
        {"[3, 1, 2].min() == 1 && [3, 1, 2].max() == 3 && ['a', 'b'].max() == 'b'", "true"},
        {"[].min()", "failed: min() of an empty list"},
        {"[1, 2].sum() == 3 && [].sum() == 0 && [1.5, 2.0].sum() == 3.5", "true"},
        {"[duration('1m'), duration('1s')].sum() == duration('61s')", "true"},
        {"['a'].sum()", "failed: 'sum' does not apply to (string)"},
        {"[1, 2, 2].isSorted() && ![2, 1].isSorted() && [].isSorted()", "true"},
        {"[1, 1.0, 2].distinct() == [1, 2] && [1, 2].reverse() == [2, 1]", "true"},
        {"[1, 2, 3].slice(1, 3) == [2, 3]", "true"},
        {"[1].slice(0, 2)", "failed: the range of slice() is outside..."},
        {"[1, 2].first().value() == 1 && [1, 2].last().value() == 2 && ![].first().hasValue()",
         "true"},
        {"sets.contains([1, 2], [2]) && !sets.contains([1], [1, 2])", "true"},
        {"sets.equivalent([1, 2, 2], [2u, 1.0]) && sets.intersects([1], [1, 2])", "true"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), "{}", NULL);
}

static void test_cel_times(void **state)
{
    static const struct row rows[] = {
        {"duration('1h2m3.5s') == duration('3723500ms') && duration('-1.5h') < duration('0')",
         "true"},
        {"string(duration('90m')) + string(duration('-1500us')) + string(duration('0'))",
         "text: 5400s-0.0015s0s"},
        {"duration('1h').getMinutes() == 60 && duration('1.5s').getMilliseconds() == 1500", "true"},
        {"duration('1')", "failed: '1' is not a duration"},
        {"duration('')", "failed: '' is not a duration"},
        {"duration('1d')", "failed: '1d' is not a duration"},
        {"duration('1h ')", "failed: '1h ' is not a duration"},
        {"duration('2562047h47m16.854775808s')", "failed: ..."},
        {"duration('2562047h') + duration('2562047h')", "failed: a number is out of range"},
        {"string(timestamp('2020-02-29T12:00:00Z') + duration('24h'))",
         "text: 2020-03-01T12:00:00Z"},
        {"timestamp('2020-01-01T00:00:00+02:00') == timestamp('2019-12-31T22:00:00Z')", "true"},
        {"string(timestamp('2020-01-01T00:00:00.25+02:00'))", "text: 2020-01-01T00:00:00.25+02:00"},
        {"timestamp('2021-02-29T00:00:00Z')", "failed: ..."},
        {"timestamp('2020-01-01')", "failed: ..."},
        {"timestamp('9999-12-31T23:59:59Z') + duration('1s')",
         "failed: a timestamp is out of range"},
        {"timestamp('2020-03-01T00:00:00Z') - timestamp('2020-02-01T00:00:00Z') == "
         "duration('696h')",
         "true"},
        {"timestamp('2020-12-31T23:30:00Z').getDayOfYear() == 365", "true"},
        {"timestamp('2020-12-31T23:30:00Z').getFullYear('+01:00') == 2021", "true"},
        {"timestamp('1969-12-31T23:59:59.5Z').getDayOfWeek() == 3", "true"},
        {"timestamp('2020-05-06T07:08:09.123Z').getMonth() == 4", "true"},
        {"timestamp('2020-05-06T07:08:09.123Z').getMilliseconds() == 123", "true"},
        {"timestamp('2020-05-06T07:08:09Z').getHours('Europe/Berlin')",
         "unknown: names of time..."},
        {"timestamp(0) == timestamp('1970-01-01T00:00:00Z')", "true"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), "{}", NULL);
}

static void test_cel_networks(void **state)
{
    static const struct row rows[] = {
        {"isIP('10.0.0.1') && isIP('fe80::1') && !isIP('10.0.0') && !isIP('01.2.3.4')", "true"},
        {"isIP('::ffff:1.2.3.4') || isIP('fe80::1%eth0') || isIP('')", "false"},
        {"string(ip('2001:DB8:0:0:1:0:0:1')) + ' ' + string(ip('::1.2.3.4'))",
         "text: 2001:db8::1:0:0:1 ::102:304"},
        {"ip.isCanonical('::1') && !ip.isCanonical('::0001')", "true"},
        {"ip('1.1.1.1').family() == 4 && ip('::1').family() == 6 && ip('::1') == ip('::0:1')",
         "true"},
        {"ip('127.0.0.9').isLoopback() && ip('::').isUnspecified() && "
         "ip('8.8.8.8').isGlobalUnicast()",
         "true"},
        {"ip('224.0.0.9').isLinkLocalMulticast() && ip('ff12::1').isLinkLocalMulticast()", "true"},
        {"ip('169.254.0.1').isLinkLocalUnicast() && !ip('ff02::1').isGlobalUnicast()", "true"},
        {"ip('x')", "failed: 'x' is not an address"},
        {"isCIDR('10.0.0.0/8') && isCIDR('10.0.0.1/8') && !isCIDR('10.0.0.0/33')", "true"},
        {"isCIDR('10.0.0.0/08') || isCIDR('10.0.0.0') || isCIDR('10.0.0.0/+8')", "false"},
        {"cidr('10.0.0.0/8').containsIP('10.9.9.9') && "
         "!cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))",
         "true"},
        {"cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.1.0.0/16').containsCIDR("
         "cidr('10.0.0.0/8'))",
         "true"},
        {"cidr('10.0.0.0/8').containsIP('::1')", "false"},
        {"string(cidr('10.1.2.3/8').masked()) + ' ' + string(cidr('10.1.2.3/8').ip())",
         "text: 10.0.0.0/8 10.1.2.3"},
        {"cidr('2001:db8::/33').prefixLength() == 33", "true"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), "{}", NULL);
}

static void test_cel_urls(void **state)
{
    static const struct row rows[] = {
        {"isURL('https://a.b:80/p?q#f') && isURL('/p') && isURL('mailto:x') && isURL('*')", "true"},
        {"isURL('') || isURL('a.b') || isURL('://x') || isURL('1a://x') || isURL('http://a b/')",
         "false"},
        {"isURL('http://h/%zz') || isURL('http://a:b/') || isURL('http://[::1/')", "false"},
        {"isURL('http://[x]/') || isURL('http://a:1:2/') || isURL('http://h/\\n')", "false"},
        {"url('HTTPS://u:p@H:8443/a').getScheme() + url('HTTPS://u:p@H:8443/a').getHost()",
         "text: httpsH:8443"},
        {"url('http://[::1]:80/').getHostname() + url('http://[::1]:80/').getPort()",
         "text: ::180"},
        {"url('/a').getScheme() == '' && url('/a').getHost() == '' && url('//h/a').getHost() == "
         "'h'",
         "true"},
        {"url('http://h/a b%2F').getEscapedPath()", "text: /a%20b/"},
        {"url('http://h/a%2Fb').getEscapedPath()", "text: /a%2Fb"},
        {"url('a b')", "failed: 'a b' is not a URL"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), "{}", NULL);
}

static void test_cel_quantities(void **state)
{
    static const struct row rows[] = {
        {"quantity('1k') == quantity('1000') && quantity('1Ki') == quantity('1024')", "true"},
        {"quantity('0.5') == quantity('500m') && quantity('1e3') == quantity('1k')", "true"},
        {"quantity('-1.5Gi').isLessThan(quantity('0')) && sign(quantity('-1')) == -1", "true"},
        {"quantity('2M').isGreaterThan(quantity('1Mi')) && quantity('1').compareTo(quantity('2')) "
         "== -1",
         "true"},
        {"quantity('5').asInteger() == 5 && quantity('1k').isInteger()", "true"},
        {"quantity('1000m').isInteger()", "false"},
        {"quantity('1.5').asInteger()", "failed: a quantity is not held as an integer"},
        {"quantity('1').add(quantity('2')).sub(1).asInteger() == 2", "true"},
        {"quantity('100m').asApproximateFloat() == 0.1", "true"},
        {"quantity('0.1n') == quantity('1n') && quantity('99Ei') == quantity('88Ei')", "true"},
        {"isQuantity('1.') && isQuantity('.5') && isQuantity('-1E') && isQuantity('1e-3')", "true"},
        {"isQuantity('') || isQuantity('1KB') || isQuantity('1 ') || isQuantity('0x1')", "false"},
        {"quantity('x')", "failed: 'x' is not a quantity"},
        {"quantity('1234567890123456789012345678901')", "unknown: a quantity of so many digits..."},
        {"quantity('1').add('1')", "failed: 'add' does not apply to (kubernetes.Quantity, string)"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), "{}", NULL);
}

static void test_cel_formats(void **state)
{
    static const struct row rows[] = {
        {"format.dns1123Label().validate('a-1').hasValue()", "false"},
        {"['A', 'a.b', '-a', 'a-', ''].all(t, format.dns1123Label().validate(t).hasValue())",
         "true"},
        {"format.dns1035Label().validate('1a').hasValue()", "true"},
        {"['a.b', '1.a'].exists(t, format.dns1123Subdomain().validate(t).hasValue())", "false"},
        {"['a..b', '.a', 'a_b'].all(t, format.dns1123Subdomain().validate(t).hasValue())", "true"},
        {"format.dns1123LabelPrefix().validate('a-').hasValue()", "false"},
        {"['a', 'a.b/c_D.1'].exists(t, format.qualifiedName().validate(t).hasValue())", "false"},
        {"['', '/a', 'a/', 'A/b', 'a/b/c'].all(t, format.qualifiedName().validate(t).hasValue())",
         "true"},
        {"format.labelValue().validate('').hasValue() || format.uri().validate('/a').hasValue()",
         "false"},
        {"format.named('dns1123Label').value().validate('A').value()[0]",
         "text: it has not the format dns1123Label"},
        {"format.named('uuid')", "unknown: a format of this name..."},
        {"format.uuid()", "compile 6: no function 'uuid' is known"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), "{}", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cel_conversions),
        cmocka_unit_test(test_cel_texts),
        cmocka_unit_test(test_cel_regular_expressions),
        cmocka_unit_test(test_cel_lists),
        cmocka_unit_test(test_cel_times),
        cmocka_unit_test(test_cel_networks),
        cmocka_unit_test(test_cel_urls),
        cmocka_unit_test(test_cel_quantities),
        cmocka_unit_test(test_cel_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

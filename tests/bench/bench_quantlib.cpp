// The yardstick of dates: QuantLib's calendar of United Kingdom settlements, as its manual says to
// use it. bench_due.py compiles it where QuantLib is installed.
//
//     bench_quantlib FILE
//
// FILE is what bench_evaluate leaves. Prints the nanoseconds of processor time for a date, the
// median of seven rounds, and then each line that QuantLib has another date for.
#include <ql/time/calendars/unitedkingdom.hpp>
#include <ql/utilities/dataparsers.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace
{
struct counted {
    std::string line;
    QuantLib::Date start, due;
    QuantLib::Period span;
    bool working_days;
};

// "icpc,2019-01-07,45 working days,2019-03-11"
counted read(const std::string &line)
{
    size_t start = line.find(',') + 1, span = line.find(',', start) + 1;
    size_t due = line.find(',', span) + 1;
    std::string words = line.substr(span, due - 1 - span);
    int count = std::stoi(words);
    bool working = words.find(" working day") != std::string::npos;
    QuantLib::TimeUnit unit = words.find(" month") != std::string::npos  ? QuantLib::Months
                              : words.find(" year") != std::string::npos ? QuantLib::Years
                              : words.find(" week") != std::string::npos ? QuantLib::Weeks
                                                                         : QuantLib::Days;

    return {line, QuantLib::DateParser::parseISO(line.substr(start, span - 1 - start)),
            QuantLib::DateParser::parseISO(line.substr(due)), QuantLib::Period(count, unit),
            working};
}

QuantLib::Date due(const QuantLib::Calendar &calendar, const counted &c)
{
    return c.working_days ? calendar.advance(c.start, c.span) : c.start + c.span;
}

double median_of_rounds(const QuantLib::Calendar &calendar, const std::vector<counted> &all)
{
    std::array<double, 7> took;
    volatile QuantLib::Date::serial_type kept = 0; // so that nothing is left out as idle

    for (double &t : took) {
        std::clock_t began = std::clock();

        for (const counted &c : all)
            kept = due(calendar, c).serialNumber();
        t = static_cast<double>(std::clock() - began) * 1e9 / CLOCKS_PER_SEC;
    }
    std::sort(took.begin(), took.end());
    return took[took.size() / 2] / static_cast<double>(all.size());
}
} // namespace

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;

    QuantLib::UnitedKingdom calendar(QuantLib::UnitedKingdom::Settlement);
    std::ifstream file(argv[1]);
    std::vector<counted> all;

    for (std::string line; std::getline(file, line);)
        all.push_back(read(line));
    if (all.empty()) {
        std::cerr << argv[1] << ": no dates to compute\n";
        return 2;
    }
    std::cout << median_of_rounds(calendar, all) << '\n';
    for (const counted &c : all)
        if (due(calendar, c) != c.due)
            std::cout << c.line << '\n';
    return 0;
}

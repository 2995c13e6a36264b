<?php
// Validates iCalendar files named on the command line with Sabre's library and prints its complaints as JSON: one list
// for each file.
error_reporting(E_ALL & ~E_DEPRECATED);
require 'Sabre/VObject/autoload.php';

$said = array();
foreach (array_slice($argv, 1) as $file) {
    $complaints = array();
    foreach (Sabre\VObject\Reader::read(file_get_contents($file))->validate() as $problem)
        $complaints[] = $problem['message'];
    $said[] = $complaints;
}
echo json_encode($said);

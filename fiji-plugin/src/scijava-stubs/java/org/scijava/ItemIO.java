package org.scijava;

public enum ItemIO {
	INPUT, OUTPUT, BOTH
}

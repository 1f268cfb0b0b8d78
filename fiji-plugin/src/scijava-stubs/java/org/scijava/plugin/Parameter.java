package org.scijava.plugin;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.scijava.ItemIO;

@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface Parameter {
	String label() default "";

	String description() default "";

	ItemIO type() default ItemIO.INPUT;

	boolean required() default true;

	boolean persist() default true;

	String style() default "";

	String min() default "";

	String max() default "";

	String[] choices() default {};
}
